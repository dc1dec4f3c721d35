"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tasks.official_layout.paragraphs import Paragraph, TextEdit

MOST_WORDS = 60


class Severity(StrEnum):
    """`error` breaks the standard's word; `warning` breaks usage, or needs a person to judge."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """`id` is stable; `expects` says what a document that keeps the rule is like.

    `rewords` is true where mending the rule changes the document's text.
    """

    id: str
    clause: str
    severity: Severity
    expects: str
    fixable: bool = False
    rewords: bool = False


Mend = TextEdit | Callable[[], None]


@dataclass(frozen=True, slots=True)
class Found:
    """One breach of a rule. Offsets count characters of the paragraph, from 0.

    Where `paragraph` is None it is of the document as a whole, or of `section` (from 1).
    `mend` puts it right; None where only a person can.
    """

    rule: Rule
    found: str
    paragraph: Paragraph | None = None
    start: int = 0
    end: int | None = None
    section: int | None = None
    expected: str | None = None
    mend: Mend | None = None

    def shown(self) -> dict[str, Any]:
        """The finding as values that JSON can carry."""
        paragraph = self.paragraph
        end = self.end
        if paragraph is not None and end is None:
            end = len(paragraph.text)
        return {
            "rule": self.rule.id,
            "clause": self.rule.clause,
            "severity": self.rule.severity.value,
            "place": {
                "paragraph": paragraph.index if paragraph is not None else None,
                "start": self.start if paragraph is not None else None,
                "end": end,
                "section": self.section,
                "page": None,
                "words": paragraph.text[self.start : end][:MOST_WORDS] if paragraph else "",
            },
            "expected": self.expected or self.rule.expects,
            "found": self.found,
            "fixable": self.mend is not None,
        }
