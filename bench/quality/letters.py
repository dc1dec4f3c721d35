"""Generated English letters with known contents, for a small English model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from documents.document import Block, Document

TOPICS = {
    "tax": "I received your bill for {amount} euros. I paid this sum on {paid} by bank transfer. "
    "Please cancel the bill and confirm this in writing.",
    "streets": "The street lamp in front of {place} has been broken since {paid}. It is dark and "
    "dangerous at night. The last repair cost {amount} euros. Please repair it soon.",
    "permits": "I want to open a small bakery at {place} on {paid} and ask you for the permit. I "
    "was told that the fee is {amount} euros. Please tell me which papers you need.",
}
_FIRST = ("Anna", "Peter", "Maria", "Thomas", "Helen", "Robert")
_LAST = ("Lind", "Baker", "Norton", "Fields", "Carter", "Hughes")
_STREETS = ("Mill Lane", "Harbour Street", "Station Road", "Church Hill")
_MONTHS = ("January", "February", "March", "April", "May", "June")
SEED = 20_260


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter and its facts."""

    document: Document
    topic: str
    number: str
    amount: int
    paid: str
    sender: str


def letters(count: int) -> Sequence[Letter]:
    """`count` letters, the same ones each time."""
    random = Random(SEED)
    return [_letter(random, list(TOPICS)[number % len(TOPICS)]) for number in range(count)]


def _letter(random: Random, topic: str) -> Letter:
    sender = f"{random.choice(_FIRST)} {random.choice(_LAST)}"
    place = f"{random.randint(2, 98)} {random.choice(_STREETS)}"
    paid = f"{random.randint(1, 28)} {random.choice(_MONTHS)}"
    number, amount = f"2026-{random.randint(1000, 9999)}", random.randint(40, 990)
    paragraphs = (
        f"To the town office of Oakford, our number {number}",
        TOPICS[topic].format(amount=amount, paid=paid, place=place),
        f"Yours faithfully,\n{sender}\n{place}, Oakford",
    )
    return Letter(document_of(paragraphs), topic, number, amount, paid, sender)


def document_of(paragraphs: Sequence[str]) -> Document:
    blocks, start = [], 0
    for paragraph in paragraphs:
        blocks.append(Block(start, start + len(paragraph)))
        start += len(paragraph) + 2
    return Document("\n\n".join(paragraphs), tuple(blocks), "text/plain")
