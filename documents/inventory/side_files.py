"""Files that macOS puts beside others, as in ZIP files: AppleDouble (`._name`) and `.DS_Store`.

AppleDouble is RFC 1740, appendix B, with the extended attributes of a file in the entry of the
Finder (Darwin, `vfs_xattr.c`). All text of both is listed; what may be more than text and numbers
is listed as a file.
"""

from __future__ import annotations

import plistlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError

from documents.inventory.encodings import binary_text
from documents.inventory.known_forms import is_known_form

_APPLE_DOUBLE, _DS_STORE = b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1"
_HEAD = struct.Struct(">4s4s16sH")
_ENTRY = struct.Struct(">3I")
_FINDER, _RESOURCES = 9, 2
_FINDER_SIZE = 32
_ATTRIBUTES = struct.Struct(">2x4s4I12x2H")
_ATTRIBUTE = struct.Struct(">2IHB")
# Dates, ids, flags and checksums.
_FEW_BYTES = 128
_BLANK = b"This resource fork intentionally left blank"
_BLANK_SIZE = 286
_PROPERTIES = b"bplist00"
_BLOB = re.compile(rb"blob(....)(?=bplist00)", re.DOTALL)
_DAMAGE = (ValueError, TypeError, struct.error, OverflowError, IndexError, ExpatError)
_MOST_VALUES = 10_000


@dataclass(slots=True)
class SideFile:
    """What such a file holds: its texts, and by name what may hold more than text."""

    texts: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)


def side_file(data: bytes) -> SideFile | None:
    """What a file of an operating system holds; None for other files."""
    if data.startswith(_APPLE_DOUBLE):
        return _apple_double(data)
    if data.startswith(_DS_STORE):
        return _ds_store(data)
    return None


def _apple_double(data: bytes) -> SideFile:
    found = SideFile([binary_text(data)])
    try:
        entries = _entries(data)
    except (struct.error, ValueError):
        return SideFile(found.texts, [("data", data)])
    known = [(0, _HEAD.size + len(entries) * _ENTRY.size)]
    for kind, start, size in entries:
        content = data[start : start + size]
        known.append((start, start + size))
        if kind == _FINDER:
            found.files += _attributes(data, start, size, found.texts)
        elif kind == _RESOURCES and _BLANK in content and size <= _BLANK_SIZE:
            continue
        elif not _is_plain(content):
            found.files.append(("resources" if kind == _RESOURCES else "data", content))
    found.files += [("data outside its entries", rest) for rest in _outside(data, known)]
    return found


def _entries(data: bytes) -> Sequence[tuple[int, int, int]]:
    """The kind, the start and the size of each entry. Raises `struct.error` if the list is cut
    short, and `ValueError` if the entries are larger than the data.
    """
    *_, count = _HEAD.unpack_from(data)
    entries = [_ENTRY.unpack_from(data, _HEAD.size + at * _ENTRY.size) for at in range(count)]
    if sum(size for *_, size in entries) > len(data):
        raise ValueError("entries that are larger than the data")
    return entries


def _attributes(
    data: bytes, start: int, size: int, texts: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Add the texts of the extended attributes; yield those whose form is not known."""
    at = start + _FINDER_SIZE
    end = start + size
    if not data[at:end].strip(b"\0"):
        return
    try:
        magic, _, total, first, length, _, count = _ATTRIBUTES.unpack_from(data, at)
        if magic != b"ATTR" or total > len(data):
            raise ValueError("no extended attributes")
        at += _ATTRIBUTES.size
        known, left = [], len(data)
        for _ in range(count):
            place, long, _, name_size = _ATTRIBUTE.unpack_from(data, at)
            name_end = at + _ATTRIBUTE.size + name_size
            name = data[at + _ATTRIBUTE.size : name_end].rstrip(b"\0").decode("utf-8", "replace")
            at = -(-name_end // 4) * 4
            known.append((place, place + long))
            left -= long
            if left < 0:
                raise ValueError("attributes that are larger than the data")
            value = data[place : place + long]
            if not _add_properties(value, texts) and not _is_plain(value):
                yield f"attribute {name}", value
        known.append((start, at))
    except _DAMAGE:
        yield "attributes", data[start:end]
        return
    for rest in _outside(data[: max(end, first + length)], [(0, start), *known]):
        yield "data between attributes", rest


def _is_plain(value: bytes) -> bool:
    """Whether a value is text or a few numbers, which `binary_text` lists."""
    if len(value.strip(b"\0")) <= _FEW_BYTES:
        return not is_known_form(value)
    try:
        return value.rstrip(b"\0").decode().isprintable()
    except UnicodeDecodeError:
        return False


def _ds_store(data: bytes) -> SideFile:
    """Records of names in UTF-16, numbers and property lists, of which some are of old versions."""
    found = SideFile([binary_text(data)])
    at = 0
    while (match := _BLOB.search(data, at)) is not None:
        at = match.end() + struct.unpack(">I", match[1])[0]
        value = data[match.end() : at]
        if not _add_properties(value, found.texts):
            found.files.append(("property list", value))
    if is_known_form(data):
        found.files.append(("data", data))
    return found


def _add_properties(value: bytes, texts: list[str]) -> bool:
    """Add the texts of a property list, and of those in it. False if the value is none."""
    if not value.startswith(_PROPERTIES):
        return False
    try:
        pending: list[Any] = [plistlib.loads(value, fmt=plistlib.FMT_BINARY)]
    except (plistlib.InvalidFileException, *_DAMAGE):
        return False
    for _ in range(_MOST_VALUES):
        if not pending:
            return True
        one = pending.pop()
        if isinstance(one, Mapping):
            pending += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            pending += one
        elif isinstance(one, bytes):
            if not _add_properties(one, texts):
                texts.append(binary_text(one))
                if not _is_plain(one):
                    return False
        else:
            texts.append(str(one))
    return False


def _outside(data: bytes, known: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """The parts of the data that are in none of the spans and longer than a few bytes."""
    at = 0
    for start, end in [*sorted(known), (len(data), len(data))]:
        rest = data[at:start]
        if not _is_plain(rest):
            yield rest
        at = max(at, end)
