"""A line of a batch that is run again."""

from __future__ import annotations

from jobs.ledger import Ledger
from jobs.ledger.runs import Room
from jobs.ledger.upkeep import Windows
from tests.integration.batches import a_batch, claim_lines, released_lines


async def _requeue_the_first(ledger: Ledger) -> str:
    """Claim two lines and requeue the first. Returns its id."""
    first, _ = await claim_lines(ledger, 2)
    assert await ledger.runs.requeue(first, delay_seconds=0, counted=True, code="x")
    return first.job.id


async def test_it_goes_before_lines_with_a_later_deadline(ledger: Ledger) -> None:
    await a_batch(ledger, lines=3, hours=1)
    await a_batch(ledger, lines=3, hours=2)
    first = await _requeue_the_first(ledger)
    (again,) = await claim_lines(ledger, 1)
    assert again.job.id == first


async def test_it_waits_for_the_window_of_its_batch(ledger: Ledger) -> None:
    batch = await a_batch(ledger, lines=3)
    await _requeue_the_first(ledger)
    await ledger.upkeep.set_windows(Windows(batches=frozenset({batch.id})))
    assert not (await ledger.runs.claim_waiting("w", 30, Room(9, 9, 9))).granted
    assert len(await released_lines(ledger)) == 2
