"""Files of macOS beside others hold nothing back, and text in them is found."""

from __future__ import annotations

import io
import plistlib
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from documents.inventory.side_files import side_file
from documents.readers import archive
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of

BLANK = b"This resource fork intentionally left blank   "
ADDRESS = "https://example.org/a.docx"


def properties(value: Mapping[str, Any] | list[Any]) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def apple_double(
    attributes: Mapping[str, bytes], resources: bytes = BLANK.ljust(286, b"\0"), rest: bytes = b""
) -> bytes:
    """As macOS writes it: the Finder's entry with attributes, and the resource fork."""
    names = b""
    values = b""
    head = sum(-(-(11 + len(name.encode()) + 1) // 4) * 4 for name in attributes)
    for name, value in attributes.items():
        raw = name.encode() + b"\0"
        entry = struct.pack(">2IHB", 120 + head + len(values), len(value), 0, len(raw)) + raw
        names += entry.ljust(-(-len(entry) // 4) * 4, b"\0")
        values += value
    total = 120 + head + len(values)
    about = (0, total, 120 + head, len(values))
    finder = bytes(34) + struct.pack(">4s4I12x2H", b"ATTR", *about, 0, len(attributes))
    finder = (finder + names + values).ljust(3760, b"\0")
    entries = struct.pack(">6I", 9, 50, len(finder), 2, 50 + len(finder), len(resources))
    head_ = struct.pack(">4s4s16sH", b"\0\5\x16\7", b"\0\2\0\0", b"Mac OS X        ", 2)
    return head_ + entries + finder + resources + rest


def ds_store(*blobs: bytes, rest: bytes = b"") -> bytes:
    records = b"".join(b"bwspblob" + struct.pack(">I", len(blob)) + blob for blob in blobs)
    name = "通知.docx".encode("utf-16-be")
    return b"\0\0\0\1Bud1" + bytes(28) + struct.pack(">I", 7) + name + records + bytes(64) + rest


USUAL = {
    "com.apple.quarantine": b"0083;5f5e1000;Safari;0F0E0D0C-1A2B-4C3D-8E9F-001122334455",
    "com.apple.metadata:kMDItemWhereFroms": properties([ADDRESS, "https://example.org/"]),
    "com.apple.metadata:_kMDItemUserTags": properties(["Red\n6"]),
    "com.apple.lastuseddate#PS": struct.pack("<2Q", 1_800_000_000, 123_456_789),
    "com.apple.macl": bytes(range(200, 236)) * 2,
    "com.apple.TextEncoding": b"utf-8;134217984",
}


def packed(name: str, data: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("notice.txt", "notice")
        container.writestr(name, data)
    return written.getvalue()


CLEAN = {
    "__MACOSX/._notice.txt": apple_double(USUAL),
    "__MACOSX/._other.txt": apple_double({}),
    ".DS_Store": ds_store(properties({"ShowSidebar": True, "WindowBounds": "{{1, 2}, {3, 4}}"})),
    "desktop.ini": "[.ShellClassInfo]\r\nIconResource=a.dll,4\r\n".encode("utf-16"),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_usual_file_of_an_operating_system_holds_nothing_back(tmp_path: Path, name: str) -> None:
    entries = entries_of(tmp_path, packed(name, CLEAN[name]), archive.MEDIA_TYPE)
    assert unread_of(entries) == []


def test_the_address_from_which_a_file_was_loaded_is_listed(tmp_path: Path) -> None:
    data = packed("__MACOSX/._a", apple_double(USUAL))
    assert ADDRESS in texts_of(entries_of(tmp_path, data, archive.MEDIA_TYPE))


HOLDING = {
    "a list of properties": apple_double({"a": properties([{"b": NAME}])}),
    "an address": apple_double({"a": properties(["https://a/%E9%98%BF%E6%9F%90%E6%9F%90"])}),
    "a list in a list": apple_double({"a": properties([properties([NAME])])}),
    "an attribute": apple_double({"a": NAME.encode()}),
    "an attribute in GBK": apple_double({"a": b"\0" + NAME.encode("gb18030")}),
    "the name of an attribute": apple_double({NAME: b"0"}),
    "the resource fork": apple_double({}, NAME.encode("utf-16-be") + BLANK),
    "after the entries": apple_double({}, rest=NAME.encode()),
    "a name in .DS_Store": ds_store(rest=NAME.encode("utf-16-be")),
    "properties in .DS_Store": ds_store(properties({"a": {"b": NAME}})),
}


@pytest.mark.parametrize("place", HOLDING)
def test_a_name_in_such_a_file_is_found(tmp_path: Path, place: str) -> None:
    data = packed("__MACOSX/._a", HOLDING[place])
    assert NAME in texts_of(entries_of(tmp_path, data, archive.MEDIA_TYPE))


UNKNOWN = bytes(range(128, 256)) * 3
NOT_READ = {
    "an attribute": apple_double({"a": UNKNOWN}),
    "a compressed attribute": apple_double({"a": zlib.compress(NAME.encode())}),
    "an attribute in a list": apple_double({"a": properties([UNKNOWN])}),
    "a damaged list": apple_double({"a": b"bplist00" + UNKNOWN}),
    "the resource fork": apple_double({}, UNKNOWN),
    "a resource fork beside the usual words": apple_double({}, BLANK + UNKNOWN),
    "after the entries": apple_double({}, rest=UNKNOWN),
    "its head only": b"\0\5\x16\7\0",
    "a damaged Finder entry": apple_double(USUAL).replace(b"ATTR", b"XXXX"),
    "a picture in .DS_Store": ds_store(rest=b"\xff\xd8\xff\xe0" + UNKNOWN),
    "compressed data in .DS_Store": ds_store(rest=zlib.compress(NAME.encode())),
    "a damaged list in .DS_Store": ds_store(b"bplist00" + UNKNOWN),
}


@pytest.mark.parametrize("place", NOT_READ)
def test_other_data_in_such_a_file_is_unread(tmp_path: Path, place: str) -> None:
    data = packed("__MACOSX/._a", NOT_READ[place])
    ((reason, where),) = unread_of(entries_of(tmp_path, data, archive.MEDIA_TYPE))
    assert reason == "embedded file"
    assert where.startswith("__MACOSX/._a")


def test_every_cut_of_such_a_file_is_read_or_named(tmp_path: Path) -> None:
    whole = apple_double(USUAL)
    for size in range(4, 700, 13):
        entries = entries_of(tmp_path, packed("._a", whole[:size]), archive.MEDIA_TYPE)
        assert len(entries) > 3


def _overlapping_entries() -> bytes:
    data = struct.pack(">4s4s16sH", b"\0\5\x16\7", b"\0\2\0\0", b"Mac OS X        ", COUNT)
    size = len(data) + COUNT * 12 + len(UNKNOWN)
    entries = (struct.pack(">3I", 5, at, size - at) for at in range(COUNT))
    return data + b"".join(entries) + UNKNOWN


def _overlapping_attributes() -> bytes:
    whole = apple_double({f"a{number:03}": UNKNOWN for number in range(COUNT)})
    data = bytearray(whole)
    for number in range(COUNT):
        struct.pack_into(">2I", data, 120 + number * 16, 0, len(whole))
    return bytes(data)


COUNT = 300
OVERLAPPING = {
    "entries": _overlapping_entries,
    "attributes": _overlapping_attributes,
    "lists in .DS_Store": lambda: ds_store(
        (b"bplist00" + UNKNOWN + b"blob" + struct.pack(">I", 1 << 20)) * COUNT
    ),
}


@pytest.mark.parametrize("place", OVERLAPPING)
def test_parts_that_overlap_are_not_copied_many_times(place: str) -> None:
    data = OVERLAPPING[place]()
    side = side_file(data)
    assert side is not None
    assert side.files
    assert sum(len(content) for _, content in side.files) < 4 * len(data)
