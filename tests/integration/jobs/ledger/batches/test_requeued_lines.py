"""A line of a batch that is run again."""

from __future__ import annotations

from jobs.ledger import Ledger
from jobs.ledger.upkeep import Release
from tests.integration.batches import a_batch, released_lines


async def _requeue_the_first(ledger: Ledger) -> str:
    """Release two lines and requeue the first. Returns its id."""
    await ledger.upkeep.release(Release(depth=2))
    first, second = sorted(await released_lines(ledger))
    first_claim, _ = (await ledger.runs.claim([first, second], "w", 30)).granted
    assert await ledger.runs.requeue(first_claim, delay_seconds=0, counted=True, code="x")
    return first


async def test_it_goes_before_lines_with_a_later_deadline(ledger: Ledger) -> None:
    await a_batch(ledger, lines=3, hours=1)
    await a_batch(ledger, lines=3, hours=2)
    first = await _requeue_the_first(ledger)

    await ledger.upkeep.release(Release(depth=2))

    (again,) = (await ledger.runs.claim([first], "w", 30)).granted
    assert again.job.id == first


async def test_it_waits_for_the_window_of_its_batch(ledger: Ledger) -> None:
    batch = await a_batch(ledger, lines=3)
    first = await _requeue_the_first(ledger)

    await ledger.upkeep.release(Release(depth=9, closed_batches=frozenset({batch.id})))

    assert (await ledger.runs.claim([first], "w", 30)).granted == []
    assert len(await released_lines(ledger)) == 2
