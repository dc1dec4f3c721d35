"""Electronic signatures and seals of a PDF: who signed, and whether the file is the one signed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from cryptography.hazmat.primitives import hashes

from documents.page.blocks import Box
from documents.readers.pdf.fields import inherited
from documents.readers.pdf.strings import text_of
from documents.signed_data import SignedData, signed_data

_HOLE = re.compile(rb"\s*<([0-9A-Fa-f\s]*)>\s*")
_CHUNK = 1 << 20
_LONGEST_SIGNATURE = 4 << 20  # bytes
_MOST_FIELDS = 10_000


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `box` is that of its field in page space, None if it is not on a page.

    `holds` says whether the file is the one that was signed; None if that was not checked, and
    `doubt` says why.
    """

    signer: str
    holds: bool | None
    doubt: str = ""
    page: int | None = None
    box: Box | None = None


def signature_of(field: Any, path: Path) -> Signature | None:
    """The signature in a signature field; None if it is not signed."""
    value = inherited(field, "/V")
    if str(inherited(field, "/FT")) != "/Sig" or not isinstance(value, pikepdf.Dictionary):
        return None
    named = text_of(value.get("/Name"))
    signed = _Signed(path, value.get("/ByteRange"))
    contents = signed.contents()
    if contents is None:
        return Signature(named, None, "the signed part of the file is not what the standard asks")
    try:
        data = signed_data(contents)
    except (ValueError, LookupError, TypeError):
        return Signature(named, None, f"the format {value.get('/SubFilter')} is not known")
    holds, doubt = _judged(data, signed)
    return Signature(data.signer or named, holds, doubt)


def _judged(data: SignedData, signed: _Signed) -> tuple[bool | None, str]:
    holds = data.holds(signed.digest)
    if holds is None:
        return None, "its digest is not of a kind that is known"
    if holds and not signed.is_whole:
        return None, "the file was added to after it was signed"
    return holds, ""


def signed_fields(form: Any) -> Iterator[Any]:
    """The signature fields of a form, without the others."""
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    pending = list(fields)[:_MOST_FIELDS] if isinstance(fields, pikepdf.Array) else []
    seen = set[tuple[int, int]]()
    while pending and len(seen) < _MOST_FIELDS:
        field = pending.pop(0)
        if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
            continue
        seen.add(field.objgen)
        if str(inherited(field, "/FT")) == "/Sig" and inherited(field, "/V") is not None:
            yield field
        elif isinstance(kids := field.get("/Kids"), pikepdf.Array):
            pending += list(kids)[:_MOST_FIELDS]


class _Signed:
    """The part of a file that a signature covers: all but the signature itself."""

    def __init__(self, path: Path, ranges: Any) -> None:
        self._path = path
        self._size = path.stat().st_size
        listed: list[Any] = list(ranges) if isinstance(ranges, pikepdf.Array) else []
        is_usual = len(listed) == 4 and all(isinstance(one, int) and one >= 0 for one in listed)
        self._ranges: tuple[int, int, int, int] | None = None
        if is_usual:
            begin, size, after, rest = listed
            if begin == 0 and size < after and after + rest <= self._size:
                self._ranges = begin, size, after, rest

    def contents(self) -> bytes | None:
        """The signature between the two ranges; None if something else is there."""
        if self._ranges is None:
            return None
        _, size, after, _ = self._ranges
        if after - size > 2 * _LONGEST_SIGNATURE:
            return None
        with self._path.open("rb") as file:
            file.seek(size)
            match = _HOLE.fullmatch(file.read(after - size))
        return bytes.fromhex("".join(match[1].decode().split())) if match else None

    @property
    def is_whole(self) -> bool:
        """Whether nothing but line ends follows the part that is covered."""
        if self._ranges is None:
            return False
        end = self._ranges[2] + self._ranges[3]
        with self._path.open("rb") as file:
            file.seek(end)
            return self._size - end < _CHUNK and not file.read(_CHUNK).strip()

    def digest(self, algorithm: hashes.HashAlgorithm) -> bytes:
        digest = hashes.Hash(algorithm)
        begin, size, after, rest = self._ranges or (0, 0, 0, 0)
        with self._path.open("rb") as file:
            for start, left in ((begin, size), (after, rest)):
                file.seek(start)
                while left and (chunk := file.read(min(_CHUNK, left))):
                    digest.update(chunk)
                    left -= len(chunk)  # noqa: PLW2901
        return digest.finalize()
