"""Finds the reasons not to publish a document in the text of its seals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from documents.document import Document, Seal
from documents.inventory.joined import joined
from tasks.disclosure_review.reasons import Reason, marked, personal, worded
from tasks.redact.masker import Masker
from tasks.seals import SealItem, is_read, seal_items
from tasks.secrecy.markings import marking_of


def reasons_in_seals(seals: Sequence[Seal], masker: Masker) -> Iterator[Reason]:
    """The reasons in the seals, each with the page and the box of its seal."""
    for seal in seals:
        for one in marked(_document(seal.text), marking_of(seal.text)):
            yield _placed(one, seal)
    for batch in joined(seals):
        part = _document(batch.text)
        for one in (*worded(part), *personal(part, masker.changes(batch.text))):
            yield _placed(one, batch.at(one.start or 0))


def unread_seals(document: Document) -> list[str]:
    """A text for each page with a seal whose text is missing or doubtful."""
    pages = dict.fromkeys(seal.page for seal in document.seals if not is_read(seal))
    what = "seal that was not read with confidence"
    return [what if page is None else f"{what}: page {page}" for page in pages]


def masked_seals(document: Document, masker: Masker) -> list[SealItem]:
    return [one.model_copy(update={"text": masker.mask(one.text)}) for one in seal_items(document)]


def _document(text: str) -> Document:
    return Document(text, (), "text/plain")


def _placed(reason: Reason, seal: Seal) -> Reason:
    where = f"{seal.shape} seal"
    place = {"start": None, "end": None, "page": seal.page, "box": seal.box, "where": where}
    return reason.model_copy(update=place)
