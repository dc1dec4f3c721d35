"""A place in a format that can hold text, and the zip packages that are built around one."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.quality.leaks.values import filled

Content = str | bytes | Callable[[str], bytes]
"""A template of XML, bytes, or a function of the value that returns bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A named place, and the function that builds a file with a given text in it only.

    `latin` places take ASCII characters only. `shown` places are visible on a page.
    """

    format: str
    name: str
    build: Callable[[str], bytes]
    latin: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a package: its path (a template, too), and how the main part refers to it.

    `relation` is the end of the relationship's type; without it nothing refers to the part.
    """

    path: str
    content: Content
    relation: str = ""
    content_type: str = ""


def content_of(content: Content, value: str) -> bytes:
    if isinstance(content, bytes):
        return content
    return filled(content, value).encode() if isinstance(content, str) else content(value)


def zipped(parts: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    """A zip package; the same path may occur twice."""
    entries = parts.items() if isinstance(parts, Mapping) else parts
    written = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        warnings.simplefilter("ignore")  # the same path twice
        for path, data in entries:
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, data)
    return written.getvalue()


def with_zip_comment(data: bytes, comment: bytes) -> bytes:
    written = io.BytesIO(data)
    with zipfile.ZipFile(written, "a") as packed:
        packed.comment = comment
    return written.getvalue()


def with_entry(data: bytes, path: str, content: bytes, *, comment: bytes = b"", extra: bytes = b""
) -> bytes:  # fmt: skip
    """The package with another entry, which may have a comment and an extra field."""
    written = io.BytesIO(data)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as packed:
        entry = zipfile.ZipInfo(path)
        entry.comment = comment
        # An extra field has an id and a length.
        entry.extra = b"\xfe\xca" + len(extra).to_bytes(2, "little") + extra if extra else b""
        packed.writestr(entry, content)
    return written.getvalue()


def around_zip(kind: str, build: Callable[[str], bytes], main: str) -> Iterable[Place]:
    """Places of every zip package: `build` makes one with a text in its main part, `main`."""

    def empty() -> bytes:
        return build("")

    def removed(value: str) -> bytes:
        """An entry that the central directory does not list any more."""
        hidden = zipped([("removed.xml", f"<x>{value}</x>".encode())])
        end = hidden.index(b"PK\x01\x02")
        # Offsets in the directory count from the first entry, as in self-extracting archives.
        return hidden[:end] + empty()

    places: Mapping[str, Callable[[str], bytes]] = {
        "comment of the zip": lambda value: with_zip_comment(empty(), value.encode()),
        "comment of a zip entry": lambda value: with_entry(
            empty(), "empty.xml", b"<x/>", comment=value.encode()
        ),
        "extra field of a zip entry": lambda value: with_entry(
            empty(), "empty.xml", b"<x/>", extra=value.encode()
        ),
        "bytes before the zip": removed,
        "name of an unreferenced entry": lambda value: with_entry(
            empty(), f"extra/{value}.xml", b"<x/>"
        ),
        "unreferenced entry that is no XML": lambda value: with_entry(
            empty(), "extra/data.bin", b"\x01\x02\n\x00" + value.encode("utf-16-le")
        ),
        "unreferenced zip in the zip": lambda value: with_entry(
            empty(), "extra/more.zip", zipped({"a.txt": value.encode()})
        ),
        f"second entry {main}": lambda value: _twice(build(value), empty(), main),
    }
    return [Place(kind, name, made) for name, made in places.items()]


def _twice(first: bytes, last: bytes, main: str) -> bytes:
    """A package with the entry `main` of both: the last one counts."""
    with zipfile.ZipFile(io.BytesIO(first)) as one, zipfile.ZipFile(io.BytesIO(last)) as other:
        entries = [(main, one.read(main))]
        entries += [(name, other.read(name)) for name in other.namelist()]
    return zipped(entries)
