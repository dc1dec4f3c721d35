"""Mutations of files: random damage, and crafted attacks."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from random import Random

from lxml import etree

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
            return _reshaped(data, chance) if chance.random() < 0.7 else _repacked(data, chance)
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
    return _packed(parts)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return written.getvalue()


def _reshaped(data: bytes, chance: Random) -> bytes:
    """Changes one to four elements of one XML member, which stays well-formed."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    members = [name for name, part in parts.items() if part.lstrip().startswith(b"<")]
    # Most damage to the package's own files makes it unreadable.
    content = [
        name
        for name in members
        if "word/" in name or "xl/" in name or "ppt/" in name or "Doc" in name
    ]
    name = chance.choice(content or members or list(parts))
    try:
        root = etree.fromstring(parts[name])
    except etree.XMLSyntaxError:
        return _repacked(data, chance)
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice(_RESHAPINGS)(root, chance)
    parts[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return _packed(parts)


def _inner(root: etree._Element, chance: Random) -> etree._Element:
    """An element that is not the root; a new one if there is none."""
    inner = [one for one in root.iter(etree.Element) if one is not root]
    return chance.choice(inner) if inner else etree.SubElement(root, root.tag)


def _moved(root: etree._Element, chance: Random) -> None:
    """Moves an element to the start or the end of another. A copy could stand beside the value."""
    one, other = _inner(root, chance), _inner(root, chance)
    if one is not other and one not in other.iterancestors():
        other.insert(chance.choice((0, len(other))), one)


def _removed(root: etree._Element, chance: Random) -> None:
    """Removes an element, and leaves its text."""
    one = _inner(root, chance)
    parent = one.getparent()
    if parent is not None:
        parent.text = (parent.text or "") + "".join(map(str, one.itertext()))
        parent.remove(one)


def _renamed(root: etree._Element, chance: Random) -> None:
    other = _inner(root, chance).tag
    _inner(root, chance).tag = chance.choice((other, "unknown", "{urn:unknown}t"))


def _wrapped(root: etree._Element, chance: Random) -> None:
    one = _inner(root, chance)
    parent = one.getparent()
    if parent is not None:
        cover = etree.Element(chance.choice(("unknown", "{urn:unknown}t", str(parent.tag))))
        parent.replace(one, cover)
        cover.append(one)


def _divided(root: etree._Element, chance: Random) -> None:
    """Writes half of the text of an element into a copy, or after the element."""
    one = chance.choice([item for item in root.iter(etree.Element) if item.text] or [root])
    text, parent = one.text or "", one.getparent()
    if parent is None:
        return
    half = len(text) // 2
    one.text, rest = text[:half], text[half:]
    if chance.random() < 0.3:
        one.tail = rest + (one.tail or "")
    else:
        copy = deepcopy(one)
        copy.text = rest
        one.addnext(copy)


def _attribute(root: etree._Element, chance: Random) -> None:
    """Removes an attribute, or gives it another name or the text of an element."""
    one = chance.choice([item for item in root.iter(etree.Element) if item.attrib] or [root])
    if not one.attrib:
        return
    name = chance.choice(list(map(str, one.attrib)))
    old = str(one.attrib.pop(name))
    way = chance.randrange(3)
    if way == 1:
        one.set("unknown", old)
    elif way == 2:
        texts = [str(item.text) for item in root.iter(etree.Element) if item.text]
        one.set(name, chance.choice(texts or [old]))


_RESHAPINGS: Sequence[Callable[[etree._Element, Random], None]] = (
    _moved, _removed, _renamed, _wrapped, _divided, _attribute,
)  # fmt: skip
