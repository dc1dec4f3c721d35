"""OFD, the national fixed-layout format (GB/T 33190-2016)."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from documents.document import BlockKind, Document, Seal
from documents.draft import Draft
from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument, NoTextLayer
from documents.limits import ReadLimits
from documents.ooxml.package import Package
from documents.ooxml.xml import local_name
from documents.page.arrange import arrange
from documents.readers.ofd.package import Parts, children, words
from documents.readers.ofd.pages import Collected, Pages
from documents.readers.ofd.signatures import Signatures
from documents.readers.scanned_pages import ASK_FOR_OCR, ScannedPages

MEDIA_TYPE = "application/ofd"

_MOST_SEALS = 1_000


def read(path: Path, limits: ReadLimits) -> Document:
    """Read an OFD file: page and box for every block. Raises a `DocumentError`.

    What a page takes from its templates is read with it, by position. Headers and footers follow
    the body, then annotations and watermarks: each text once, with the first page that shows it.
    Pages that are pictures are read by OCR as far as `limits` allow; the others are `unread_pages`.
    Seals and signatures are listed with their signers, and attached files are named.
    """
    draft, found = Draft(limits), Collected()
    scans = ScannedPages(draft, limits, "OFD document")
    with Package(path, limits) as package:
        parts = Parts(package)
        root = parts.entry()
        if root is None or local_name(root) != "OFD":
            raise CorruptDocument("The container holds no OFD document. Save it again.")
        if any(local_name(element).startswith("Encrypt") for element in root.iter()):
            raise EncryptedDocument("The OFD document has a password. Send it without one.")
        signed: list[tuple[str | None, Pages]] = []
        for body in children(root, "DocBody"):
            document = parts.named("", words(body, "DocRoot"))
            if document is None:
                raise CorruptDocument("A part of the OFD document is missing. Send it again.")
            pages = Pages(draft, found, scans, parts, limits)
            pages.read(*document)
            signed.append((words(body, "Signatures"), pages))
        _check(found, scans, limits)
        arrange(draft, found.heights)
        _add_extras(draft, found, limits)
        # At last, because the files are read again for it.
        for listed, pages in signed:
            _add_seals(draft, Signatures(parts, pages.place_of, pages.shown), listed)
    return scans.finish(MEDIA_TYPE, found.pages)


def _check(found: Collected, scans: ScannedPages, limits: ReadLimits) -> None:
    if limits.ocr_pages and len(scans.unread) < found.pages:
        return
    if found.unknown > found.known:
        raise NoTextLayer(
            f"The OFD document does not store the codes of its characters. {ASK_FOR_OCR}"
        )
    if not found.known and found.drawn:
        raise NoTextLayer(f"The OFD document's pages are pictures without text. {ASK_FOR_OCR}")


def _add_extras(draft: Draft, found: Collected, limits: ReadLimits) -> None:
    for kind in (BlockKind.annotation, BlockKind.hidden):
        if kind is BlockKind.hidden and not limits.hidden:
            continue
        for (of, text), (page, block) in found.extras.items():
            if of is kind:
                draft.add(text, kind, page=page, box=block.box)


def _add_seals(draft: Draft, signatures: Signatures, path: str | None) -> None:
    stamps = signatures.stamps(path)
    try:
        for stamp in islice(stamps, _MOST_SEALS):
            name, page, box = stamp.name, stamp.page, stamp.box
            draft.add_seal(Seal("electronic", name, page, box, digest_holds=stamp.holds))
            if stamp.doubt:
                where = f"signature of {name}" if name else "signature"
                draft.leave_out("signature", where, stamp.doubt, page=page, box=box)
        if next(stamps, None) is not None:
            draft.leave_out("signature", "", f"more than {_MOST_SEALS:,} seals are not listed")
    except DocumentTooLong:
        draft.leave_out("signature", "", "the file is too large to check its signatures")
