"""Mutations of files: random damage, and crafted attacks."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

Mutation = Callable[[bytes, Random], bytes]

_NUMBER = re.compile(rb"(?<![\w#])\d{1,6}(?![\w])")
_HUGE = (b"4294967295", b"-1", b"99999999999999999999", b"1e308", b"NaN", b"0", b"1048576")
_BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
    b'<!ENTITY e SYSTEM "file:///etc/passwd">]>'
)
_MIB = 1024 * 1024


def flipped(data: bytes, chance: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 40))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def spliced(data: bytes, chance: Random) -> bytes:
    """Copies a piece of the file elsewhere, up to 50 times, inserted or overwriting."""
    start, place = chance.randrange(len(data)), chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 2_000)] * chance.choice((0, 1, 2, 50))
    return data[:place] + piece + data[place + chance.choice((0, len(piece))) :]


def renumbered(data: bytes, chance: Random) -> bytes:
    """Replaces numbers by impossible sizes, counts and offsets."""
    places = list(_NUMBER.finditer(data))
    for place in sorted(chance.sample(places, min(len(places), 5)), key=lambda m: -m.start()):
        data = data[: place.start()] + chance.choice(_HUGE) + data[place.end() :]
    return data


def nested(data: bytes, chance: Random) -> bytes:
    """Inserts deeply nested elements, quotes and lists."""
    opening = chance.choice((b"<a>", b"<div>", b"<w:sdt>", b"> ", b"{\\b ", b"[[", b"<<", b"((("))
    place = chance.randrange(len(data))
    return data[:place] + opening * chance.choice((300, 5_000, 60_000)) + data[place:]


def with_entities(data: bytes, chance: Random) -> bytes:
    end = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    words = data[end:].replace(b"</", chance.choice((b"&d;&e;</", b"&e;</")), 20)
    return data[:end] + _BOMB + words


def with_large_sizes(data: bytes, chance: Random) -> bytes:
    """Overwrites four bytes, as of a length field, with extreme values."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        value = chance.choice((0xFFFFFFFF, 0x7FFFFFFF, 0x10000000, 0))
        place = chance.randrange(max(1, len(changed) - 4))
        changed[place : place + 4] = struct.pack("<I", value)
    return bytes(changed)


PLAIN: Sequence[Mutation] = (
    flipped, cut, spliced, renumbered, nested, with_entities, with_large_sizes,
)  # fmt: skip


def mutated(data: bytes, chance: Random) -> bytes:
    """Applies one to three mutations; in a zip container mostly to its members."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        if data.startswith(b"PK") and chance.random() < 0.7:
            with suppress(*_NO_ZIP):
                data = _repacked(data, chance)
                continue
        data = chance.choice(PLAIN)(data, chance) if data else b"\x00"
    return data


def touched(data: bytes, chance: Random) -> bytes:
    """Changes one member of a zip container, or a few bits, so that most files can be read."""
    if data.startswith(b"PK"):
        with suppress(*_NO_ZIP):
            return _repacked(data, chance)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 3))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


_NO_ZIP = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, EOFError,
    NotImplementedError, RuntimeError, KeyError,
)  # fmt: skip


def _repacked(data: bytes, chance: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name, other = (chance.choice(list(parts)) for _ in range(2))
    way = chance.randrange(8)
    if way < 5:
        parts[name] = chance.choice(PLAIN)(parts[name] or b"x", chance)
    elif way == 5:
        parts[name], parts[other] = parts[other], parts[name]
    elif way == 6:
        del parts[name]
    else:
        parts[name] = parts[name][:200] + b" " * (chance.choice((1, 24)) * _MIB) + parts[name][200:]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return written.getvalue()
