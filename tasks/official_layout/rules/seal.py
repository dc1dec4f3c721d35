"""The seal: whose it is. A Word file does not store where it lies on the page."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.official_layout.finding import MOST_WORDS, Breach, Rule, Severity
from tasks.official_layout.official import OfficialDocument

ISSUER = Rule(
    "seal.issuer", "7.3.5.1", Severity.warning, "a seal with the issuing authority's name"
)
RULES = (ISSUER,)


def check(official: OfficialDocument) -> Iterator[Breach]:
    """A document without a seal or a signature is not checked: it may be sealed on paper."""
    signature = official.roles.signature
    if signature is None or not official.seals:
        return
    names = signature.words.split()
    if not any(_names(seal, name) for seal in official.seals for name in names):
        found = "、".join("".join(seal.split()) for seal in official.seals)
        yield Breach(ISSUER, found[:MOST_WORDS], signature)


def _names(seal: str, name: str) -> bool:
    """Whether a seal has the characters of a name in their order: a signature may be a short form
    (中共平山县委 for 中国共产党平山县委员会).
    """
    chars = iter(seal)
    return all(char in chars for char in name)
