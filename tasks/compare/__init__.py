"""Compares two versions of a text, article by article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.errors import EmptyDocument
from documents.isolation.compute import compute
from tasks.compare.differences import Work, find_edits, limited, longest_rising
from tasks.compare.divisions import Divisions
from tasks.compare.matching import match
from tasks.doubts import no_doubts
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.references import DocumentRef
from tasks.task import Task
from tasks.text.edits import Edit
from tasks.text.provisions import Unit, same_label, units
from tasks.unread import UnreadItem, unread_items

_EXAMPLE_OLD = "第一条 市场每日开放。\n第二条 摊位费为每日45元。\n第三条 市场内禁止吸烟。"


class CompareOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"old": {"text": _EXAMPLE_OLD}}}
    )

    old: DocumentRef = Field(description="The old version; the job's document is the new one.")


class ChangeKind(StrEnum):
    added = "added"
    removed = "removed"
    changed = "changed"
    moved = "moved"
    renumbered = "renumbered"


class UnitKind(StrEnum):
    article = "article"
    heading = "heading"
    paragraph = "paragraph"


class Side(BaseModel):
    """An article, heading or paragraph in one of the two texts."""

    label: str | None = Field(
        description="The number as written, such as 第十二条; null if it has none."
    )
    division: str | None = Field(description="The chapter and section that contain it.")
    text: str = Field(description="Its text, including the label.")
    start: int = Field(description="Offset of the first character in that text, from 0.")
    end: int = Field(description="Offset after the last character.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")


class Change(BaseModel):
    """The changes to one article, heading or paragraph."""

    kinds: list[ChangeKind] = Field(description="The kinds of changes; there may be several.")
    unit: UnitKind = Field(description="Whether it is an article, a heading or a paragraph.")
    old: Side | None = Field(description="In the old text; null if it was added.")
    new: Side | None = Field(description="In the new text; null if it was removed.")
    edits: list[Edit] = Field(
        description="The edits to its text, with offsets into the old text. Changes of the label "
        f"are not included. If all changes have more than {MOST_LISTED:,}, the last edit of a "
        "change joins its further ones."
    )


class CompareResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "changes": [
                    {
                        "kinds": ["changed"],
                        "unit": "article",
                        "old": {
                            "label": "第二条",
                            "division": None,
                            "text": "第二条 摊位费为每日45元。",
                            "start": 13,
                            "end": 27,
                            "page": None,
                        },
                        "new": {
                            "label": "第二条",
                            "division": None,
                            "text": "第二条 摊位费为每日50元。",
                            "start": 13,
                            "end": 27,
                            "page": None,
                        },
                        "edits": [{"start": 23, "old": "45", "new": "50"}],
                    }
                ],
                "not_listed": 0,
                "counts": {"added": 0, "removed": 0, "changed": 1, "moved": 0, "renumbered": 0},
                "unchanged": 2,
                "patch": [{"start": 23, "old": "45", "new": "50"}],
                "whole_passages": 0,
                "unread": [],
                "unread_old": [],
            }
        }
    )

    changes: list[Change] = Field(
        description=f"The changes, in the order of the new text, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(0, description="How many more changes than `changes` lists there are.")
    counts: dict[ChangeKind, int] = Field(
        description="How many changes are of each kind, listed or not."
    )
    unchanged: int = Field(description="How many articles, headings and paragraphs are unchanged.")
    patch: list[Edit] = Field(
        description="Edits that turn the old text into the new one exactly, both as extracted from "
        f"their files, at most {MOST_LISTED:,}: the last one joins all further ones. A moved unit "
        "is removed and inserted."
    )
    whole_passages: int = Field(
        0,
        description="How many passages of `patch` and of the changes' `edits` are replaced as a "
        "whole, because comparing them word by word would take too long.",
    )
    unread: list[UnreadItem] = Field(
        default=[],
        description="What was on a page of the new document and was not read, so that it was not "
        "compared: its kind, place and the reason.",
    )
    unread_old: list[UnreadItem] = Field(default=[], description="The same of the old document.")


async def compare(document: Document, options: CompareOptions, engine: Engine) -> CompareResult:
    """Compares the document with `options.old`. Raises `EmptyDocument`."""
    if not document.text.strip() or not options.old.document.text.strip():
        raise EmptyDocument(
            "One of the two documents contains no text. Send two documents with text."
        )
    engine.progress(0, 1)
    result = await compute(compare_documents, options.old.document, document)
    engine.progress(1, 1)
    return result


def compare_documents(old: Document, new: Document) -> CompareResult:
    pairing = _Pairing(old, new)
    entries = pairing.entries()
    counts = Counter(kind for entry in entries for kind in entry.kinds)
    # Work of their own, so that the patch does not depend on the changes.
    for_changes, for_patch = Work(), Work()
    changes = list(pairing.changes(entries[:MOST_LISTED], for_changes))
    patch = limited(pairing.patch(for_patch), old.text, MOST_LISTED)
    return CompareResult(
        changes=changes,
        not_listed=max(0, len(entries) - MOST_LISTED),
        counts={kind: counts[kind] for kind in ChangeKind},
        unchanged=len(pairing.new_units) - sum(entry.new is not None for entry in entries),
        patch=patch,
        whole_passages=for_changes.whole_passages + for_patch.whole_passages,
        unread=unread_items(new),
        unread_old=unread_items(old),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """The kinds of changes of a pair of units, which are indexes."""

    kinds: list[ChangeKind]
    old: int | None
    new: int | None


class _Pairing:
    """The units of both texts and their pairs. `stay` are the new units that kept their order."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        self.old_units, self.new_units = units(old), units(new)
        self.pairs = match(
            [_body(old, unit) for unit in self.old_units],
            [_body(new, unit) for unit in self.new_units],
        )
        paired = sorted(self.pairs)
        # Prefer to report the article as moved rather than the heading.
        weights = [3 if self.new_units[index].kind == "heading" else 2 for index in paired]
        run = longest_rising([self.pairs[index] for index in paired], weights)
        self.stay = [paired[index] for index in run]
        self._divisions = Divisions(self.old_units, self.new_units, self.pairs)

    def entries(self) -> list[_Entry]:
        """Returns the changed units, in the order of the new text."""
        staying, pairs = set(self.stay), self.pairs
        ordered: list[tuple[tuple[int, int], _Entry]] = []
        for index in range(len(self.new_units)):
            kinds = self._kinds(index, staying=index in staying)
            if kinds:
                ordered.append(((index, 1), _Entry(kinds, pairs.get(index), index)))
        paired = set(pairs.values())
        after = dict(zip((pairs[index] for index in self.stay), self.stay, strict=True))
        position = -1
        for index in range(len(self.old_units)):
            position = after.get(index, position)
            if index not in paired:
                ordered.append(((position, 2), _Entry([ChangeKind.removed], index, None)))
        return [entry for _, entry in sorted(ordered, key=lambda one: one[0])]

    def changes(self, entries: Iterable[_Entry], work: Work) -> Iterator[Change]:
        edits_left = MOST_LISTED
        for entry in entries:
            old = self.old_units[entry.old] if entry.old is not None else None
            new = self.new_units[entry.new] if entry.new is not None else None
            unit = new or old
            assert unit is not None  # noqa: S101 - an entry has at least one
            edits: list[Edit] = []
            if old and new and ChangeKind.changed in entry.kinds:
                before, after = _body(self.old, old), _body(self.new, new)
                edits = limited(find_edits(before, after, work), before, max(1, edits_left))
                edits_left -= len(edits)
            yield Change(
                kinds=entry.kinds,
                unit=UnitKind(unit.kind),
                old=_side(self.old, old) if old else None,
                new=_side(self.new, new) if new else None,
                edits=list(_shifted(edits, old.position.body)) if old else [],
            )

    def patch(self, work: Work) -> Iterator[Edit]:
        """Compares units that kept their order one by one, and the text between them."""
        old_done = new_done = 0
        for index in self.stay:
            old, new = self.old_units[self.pairs[index]].position, self.new_units[index].position
            for old_end, new_end in ((old.start, new.start), (old.end, new.end)):
                before, after = self.old.text[old_done:old_end], self.new.text[new_done:new_end]
                yield from _shifted(find_edits(before, after, work), old_done)
                old_done, new_done = old_end, new_end
        rest = find_edits(self.old.text[old_done:], self.new.text[new_done:], work)
        yield from _shifted(rest, old_done)

    def _kinds(self, index: int, *, staying: bool) -> list[ChangeKind]:
        """Returns the kinds of changes to a new unit; none if it is unchanged."""
        new, at = self.new_units[index], self.pairs.get(index)
        if at is None:
            return [ChangeKind.added]
        old = self.old_units[at]
        changes = {
            ChangeKind.changed: _plain(_body(self.old, old)) != _plain(_body(self.new, new)),
            ChangeKind.moved: not staying
            or (new.kind != "heading" and self._divisions.moved(at, index)),
            ChangeKind.renumbered: not same_label(old.position.label, new.position.label),
        }
        return [kind for kind, did in changes.items() if did]


def _body(document: Document, unit: Unit) -> str:
    return document.text[unit.position.body : unit.position.end]


def _plain(text: str) -> str:
    return "".join(text.split())


def _side(document: Document, unit: Unit) -> Side:
    position = unit.position
    return Side(
        label=position.label,
        division=position.division,
        text=document.text[position.start : position.end],
        start=position.start,
        end=position.end,
        page=position.page,
    )


def _shifted(edits: Iterable[Edit], by: int) -> Iterator[Edit]:
    return (Edit(start=edit.start + by, old=edit.old, new=edit.new) for edit in edits)


TASK = Task(
    name="compare",
    version="1",
    description="Compare two versions of a text: articles that were added, removed, changed, moved "
    "or renumbered, the edits inside them, and a patch. Uses rules only, no model.",
    options=CompareOptions,
    result=CompareResult,
    run=compare,
    doubts=no_doubts,
)
