"""Rules of layout, and breaches of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tasks.official_layout.paragraphs import Paragraph, TextEdit

MOST_WORDS = 60


class Severity(StrEnum):
    """`error`: the standard requires it. `warning`: usual practice, or a person must judge."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """`id` never changes; `expects` describes a correct document.

    `fixable`: `format_fix` can correct breaches. `rewords`: the correction changes the text.
    """

    id: str
    clause: str
    severity: Severity
    expects: str
    fixable: bool = False
    rewords: bool = False


Correction = TextEdit | Callable[[], None]


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a rule. Offsets count characters of the paragraph, from 0.

    Without `paragraph` the breach concerns a `section` (from 1) or the whole document.
    `correction` is None where a person must decide.
    """

    rule: Rule
    found: str
    paragraph: Paragraph | None = None
    start: int = 0
    end: int | None = None
    section: int | None = None
    expected: str | None = None
    correction: Correction | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the finding in the form of `report.Finding`."""
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
            "fixable": self.correction is not None,
        }
