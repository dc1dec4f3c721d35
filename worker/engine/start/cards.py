"""The NVIDIA cards of this machine, as their driver reports them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from worker.engine.start.memory import Card

QUERY = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
SECONDS = 30.0
VISIBLE = "CUDA_VISIBLE_DEVICES"
_MIB = 1024**2


class CardsUnusable(Exception):
    """There is a driver, and it does not work; the text is its own."""


def find_cards() -> Sequence[Card]:
    """The cards that CUDA programs see; empty on a machine without a driver.

    Raises `CardsUnusable`.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        done = subprocess.run(  # noqa: S603 - the driver's own program
            (program, *QUERY), capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CardsUnusable(f"nvidia-smi does not answer: {error}") from error
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise CardsUnusable(f"nvidia-smi ends with status {done.returncode}: {said}")
    cards = [_card(line) for line in done.stdout.splitlines() if line.strip()]
    return _visible(cards)


def _card(line: str) -> Card:
    name, _, mib = line.rpartition(",")
    try:
        return Card(name.strip(), int(mib) * _MIB)
    except ValueError as error:
        raise CardsUnusable(f"nvidia-smi reports a card without its memory: {line}") from error


def _visible(cards: Sequence[Card]) -> Sequence[Card]:
    """Those that `CUDA_VISIBLE_DEVICES` names by number; names of other forms are left to CUDA."""
    named = os.environ.get(VISIBLE)
    if named is None:
        return cards
    numbers = [part.strip() for part in named.split(",")]
    if not all(number.isdecimal() for number in numbers):
        return cards[: len(numbers)] if named.strip() else ()
    return [cards[int(number)] for number in numbers if int(number) < len(cards)]
