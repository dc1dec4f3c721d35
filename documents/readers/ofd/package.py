"""The container of an OFD file: parts are found by the paths that other parts reference.

GB/T 33190-2016 requires paths relative to the referencing part, or absolute. Programs also write
them relative to the root, in different case, with backslashes, and with names in GBK.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from lxml import etree

from documents.ooxml.package import Package, decoded_name
from documents.ooxml.xml import local_name

ENTRY = "ofd.xml"
_FARTHEST = 100_000.0


class Parts:
    """The XML parts of one file."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._names: dict[str, str] = {}
        for name in package.names:
            self._names.setdefault(_plain(decoded_name(name)), name)

    def entry(self) -> etree._Element | None:
        """The root of `OFD.xml`; None if the container is not an OFD file."""
        return self._xml(ENTRY)

    def named(self, by: str, path: str | None) -> tuple[str, etree._Element] | None:
        """The full path and the root of the part that the part `by` references as `path`."""
        for candidate in _candidates(by, path):
            root = self._xml(candidate)
            if root is not None:
                return _plain(candidate), root
        return None

    def data(self, by: str, path: str | None) -> bytes | None:
        """The bytes of the part that the part `by` references as `path`."""
        name = self.full_name(by, path)
        return self._package.data(self._names[name]) if name else None

    def full_name(self, by: str, path: str | None) -> str | None:
        """The full path of the part that the part `by` references, as `named` gives it."""
        plain = (_plain(candidate) for candidate in _candidates(by, path))
        return next((name for name in plain if name in self._names), None)

    def _xml(self, path: str) -> etree._Element | None:
        name = self._names.get(_plain(path))
        return self._package.xml(name, lenient=True) if name else None


def is_ofd(package: Package) -> bool:
    """Whether the container has an OFD entry, in any namespace."""
    root = Parts(package).entry()
    return root is not None and local_name(root) == "OFD"


def children(parent: etree._Element | None, name: str) -> Iterator[etree._Element]:
    for element in parent if parent is not None else ():
        if local_name(element) == name:
            yield element


def below(parent: etree._Element | None, name: str) -> Iterator[etree._Element]:
    for element in parent.iter() if parent is not None else ():
        if local_name(element) == name:
            yield element


def is_visible(element: etree._Element) -> bool:
    return (element.get("Visible") or "").strip() not in {"false", "0"}


def words(parent: etree._Element | None, name: str) -> str | None:
    """The text of the first child of that name."""
    return next((child.text for child in children(parent, name)), None)


def numbers(text: str | None, count: int) -> tuple[float, ...] | None:
    """The first `count` numbers of an attribute; None if there are fewer, or invalid."""
    if text is None:
        return None
    try:
        found = tuple(map(float, text.split()[:count]))
    except ValueError:
        return None
    if len(found) != count:
        return None
    # Not a number and infinity are not in the range either.
    return found if all(-_FARTHEST < number < _FARTHEST for number in found) else None


def _candidates(by: str, path: str | None) -> Iterator[str]:
    """The possible full paths: relative to the referencing part, and to the root."""
    path = (path or "").strip().replace("\\", "/")
    if path:
        folder = "" if path.startswith("/") else posixpath.dirname(by)
        yield from (posixpath.join(folder, path), path)


def _plain(path: str) -> str:
    return posixpath.normpath("/" + path.replace("\\", "/")).lstrip("/").casefold()
