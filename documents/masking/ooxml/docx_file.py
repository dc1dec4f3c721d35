"""Masks a DOCX: the text and attributes of every part, and its properties."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms
from documents.masking.masked_file import MaskedFile
from documents.masking.ooxml.docx_views import mask_views
from documents.masking.ooxml.package_file import PackageFormat, PackageWriter, Part
from documents.masking.ooxml.xml_text import mask_nodes, remove_authors
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Masking
from documents.ooxml.known_parts import MAIN, WORD_PARTS
from documents.ooxml.package import Package
from documents.ooxml.text import RUN_TEXT
from documents.readers import docx

PART_NAMES: Mapping[str, str] = MappingProxyType(
    {
        MAIN: "body", "header": "headers", "footer": "footers", "footnotes": "footnotes",
        "endnotes": "endnotes", "comments": "comments", "core-properties": "properties",
        "extended-properties": "properties", "custom-properties": "properties",
    }
)  # fmt: skip


def mask_docx(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a DOCX. Runs keep their format.

    It has the parts that a page shows, and the properties. Pictures that were not masked are listed
    in `account`. With `masking.authors`, the names of authors of the file, of comments and of
    changes are removed. Raises a `DocumentError`.
    """
    try:
        with Package(path, limits) as package:
            format_ = PackageFormat(WORD_PARTS, _mask)
            masking = with_encoded_forms(masking)
            pictures = Pictures(masking, limits, account)
            writer = PackageWriter(package, format_, masking, pictures, account)
            return MaskedFile(writer.file(), docx.MEDIA_TYPE)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error


def _mask(parts: list[Part], masking: Masking, account: Account) -> None:
    for part in parts:
        assert part.root is not None  # noqa: S101 - pictures are not given
        where = PART_NAMES.get(part.kind, "other parts")
        if masking.authors:
            account.removed["authors"] += remove_authors(part.root)
        account.count(where, mask_views(part.root, masking.find))
        account.count(where, mask_nodes(part.root, masking, RUN_TEXT))
