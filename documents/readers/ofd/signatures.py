"""The electronic seals and signatures of an OFD document (GB/T 33190-2016, 18).

A signature lists files of the package with their digests, and its value has the digest of that
list. Both are checked; the value of the signature itself and the chain of its certificates are not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lxml import etree

from documents.errors import DocumentTooLong
from documents.page.blocks import Box
from documents.readers.ofd.package import Parts, children, numbers, words
from documents.readers.ofd.page import POINTS
from documents.readers.ofd.seal_data import SealData, seal_data

_MOST_NAMED = 3
# By the length of the digest: files name the same algorithm in several ways.
_ALGORITHMS = {16: ("md5",), 20: ("sha1",), 32: ("sm3", "sha256"), 48: ("sha384",), 64: ("sha512",)}

PlaceOf = Callable[[str], tuple[int, float, float] | None]
"""Returns the number of the page with an id, and its left and top edge in millimetres."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A seal or signature at one place. `page` and `box` are None for one without a place.

    `holds` says whether the file is the one that was signed; None if that was not checked, and
    `doubt` says why.
    """

    name: str
    holds: bool | None
    doubt: str
    page: int | None = None
    box: Box | None = None


class Signatures:
    """Reads the signatures of one document. `shown` are the parts that its pages show."""

    def __init__(self, parts: Parts, place_of: PlaceOf, shown: AbstractSet[str]) -> None:
        self._parts = parts
        self._place_of = place_of
        self._shown = shown
        self._digests: dict[tuple[str, int], frozenset[bytes] | None] = {}

    def stamps(self, path: str | None) -> Iterator[Stamp]:
        """The seals and signatures in the list at `path`, once for each of their places.

        Raises `DocumentTooLong` if the limit of the package is reached.
        """
        listed = self._parts.named("", path)
        if listed is None:
            return
        places = (one.get("BaseLoc") for one in children(listed[1], "Signature"))
        for name in dict.fromkeys(self._parts.full_name(listed[0], place) for place in places):
            part = self._parts.named("", name and "/" + name)
            if part is not None:
                yield from self._of(*part)

    def _of(self, path: str, root: etree._Element) -> Iterator[Stamp]:
        value = seal_data(self._data(path, words(root, "SignedValue")) or b"")
        holds, doubt = self._judged(path, root, value)
        info = next(children(root, "SignedInfo"), None)
        places = [self._place(stamp) for stamp in children(info, "StampAnnot")]
        for page, box in places or [(None, None)]:
            yield Stamp(_names(value), holds, doubt, page, box)

    def _place(self, stamp: etree._Element) -> tuple[int | None, Box | None]:
        page = self._place_of(stamp.get("PageRef") or "")
        bounds = numbers(stamp.get("Boundary"), 4)
        if page is None or bounds is None:
            return page[0] if page else None, None
        number, left, top = page
        x, y, width, height = bounds
        box = (x - left, y - top, x - left + width, y - top + height)
        x, y, right, bottom = (round(edge * POINTS, 2) for edge in box)
        return number, (x, y, right, bottom)

    def _judged(self, path: str, root: etree._Element, value: SealData) -> tuple[bool | None, str]:
        """Whether the list and all files are as signed, and the reason if that is not known."""
        info = next(children(root, "SignedInfo"), None)
        references = [
            one for listed in children(info, "References") for one in children(listed, "Reference")
        ]
        checks = [
            self._has_digest(path, one.get("FileRef"), _decoded(words(one, "CheckValue")))
            for one in references
        ]
        checks.append(self._has_digest("", f"/{path}", value.digest))
        if False in checks or value.is_authentic is False:
            return False, ""
        if None in checks:
            return None, "its digests are not of a kind that is known"
        covered = {self._parts.full_name(path, one.get("FileRef")) for one in references}
        if others := sorted(self._shown - covered):
            return None, f"pages show parts that were not signed: {', '.join(others[:_MOST_NAMED])}"
        return True, ""

    def _has_digest(self, by: str, path: str | None, digest: bytes) -> bool | None:
        if not digest:
            return None
        name = self._parts.full_name(by, path)
        if name is None:
            return False
        key = (name, len(digest))
        if key not in self._digests:
            self._digests[key] = self._digests_of(name, len(digest))
        known = self._digests[key]
        return None if known is None else digest in known

    def _digests_of(self, name: str, length: int) -> frozenset[bytes] | None:
        """The digests of a part of this length; None if it cannot be computed here."""
        data = self._data("", "/" + name)
        algorithms = _ALGORITHMS.get(length, ())
        if data is None or not algorithms or not hashlib.algorithms_available >= set(algorithms):
            return None
        return frozenset(
            hashlib.new(algorithm, data, usedforsecurity=False).digest() for algorithm in algorithms
        )

    def _data(self, by: str, path: str | None) -> bytes | None:
        """The bytes of a part; None if there is none, or the limit of the package is reached."""
        try:
            return self._parts.data(by, path)
        except DocumentTooLong:
            return None


def _names(value: SealData) -> str:
    if not value.signer or value.signer in value.name:
        return value.name or value.signer
    return f"{value.name}（{value.signer}）" if value.name else value.signer


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()))
    except ValueError:
        return b""
