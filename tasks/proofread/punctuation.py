"""Punctuation (GB/T 15834-2011): the kinds of defects that are mistakes in any text."""

from __future__ import annotations

from collections.abc import Iterator

from documents.document import BlockKind, Document
from tasks.proofread.findings import Finding, Rule
from tasks.text.punctuation import DefectKind, punctuation_defects

# Spaces may come from the reader of a PDF file, and separators between titles are only unusual.
_RULE_OF = {
    DefectKind.half_width: Rule.half_width_mark,
    DefectKind.adjacent: Rule.doubled_mark,
    DefectKind.ellipsis: Rule.ellipsis,
    DefectKind.quotation_mark: Rule.quotation_mark,
    DefectKind.title_mark: Rule.title_mark,
    DefectKind.unpaired: Rule.unpaired_mark,
}


def punctuation(document: Document) -> Iterator[Finding]:
    blocks = [
        (block.start, block.end) for block in document.blocks if block.kind is not BlockKind.table
    ]
    for defect in punctuation_defects(document.text, blocks):
        rule = _RULE_OF.get(defect.kind)
        if rule is not None:
            old = document.text[defect.start : defect.end]
            yield Finding(defect.start, old, defect.replacement, rule, defect.reason)
