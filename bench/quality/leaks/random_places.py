"""Puts a value into a place of a real file that is chosen by walking the file's structure.

The project's inventory is not asked which places there are.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pikepdf
from lxml import etree

from bench.quality.leaks.place import Place, zipped
from bench.quality.leaks.search import found_in
from standin.documents.builders import FORMATS

_SAMPLES = Path(__file__).parents[3] / "tests" / "samples"
_BUILT: Mapping[str, str] = MappingProxyType(
    {
        "docx": "DOCX",
        "xlsx": "XLSX",
        "ods": "ODS",
        "ofd": "OFD",
        "pdf": "PDF",
        "html": "HTML",
        "markdown": "Markdown",
        "text": "text",
    }
)
_NEUTRAL = "甲"


@dataclass(frozen=True, slots=True)
class Sample:
    format: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Injection:
    where: str
    data: bytes


def samples(places: Sequence[Place]) -> list[Sample]:
    """The project's sample files, built files of each format, and those of `places`."""
    found = [Sample(kind, name, FORMATS[name]()) for name, kind in _BUILT.items()]
    for pattern, kind in (("*.docx", "DOCX"), ("*.pdf", "PDF"), ("ofd/*.ofd", "OFD")):
        files = sorted(_SAMPLES.glob(pattern))
        found += [Sample(kind, path.stem, path.read_bytes()) for path in files]
    found += [
        Sample(place.format, place.name, place.build("12" if place.latin else _NEUTRAL))
        for place in places
        if place.format in _WAYS and "zip" not in place.name
    ]
    return found


def injected(sample: Sample, value: str, rng: random.Random) -> Injection | None:
    """The sample with `value` in one place; None if the sample has no such place."""
    injection = _WAYS[sample.format](sample.data, value, rng)
    # A place may be unable to hold the value, such as a sheet name in a file's old encoding.
    return injection if injection and found_in(injection.data, [value]) else None


def _in_package(data: bytes, value: str, rng: random.Random) -> Injection | None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parsed = {name: root for name, part in parts.items() if (root := _tree(part)) is not None}
    if not parsed:
        return None
    name = rng.choice(list(parsed))
    where = _in_tree(parsed[name], value, rng)
    parts[name] = etree.tostring(parsed[name].getroottree(), xml_declaration=True, encoding="UTF-8")
    return Injection(f"{name}, {where}", zipped(parts))


def _tree(part: bytes) -> etree._Element | None:
    if not part.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return None
    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None


def _in_tree(root: etree._Element, value: str, rng: random.Random) -> str:
    """Puts the value into any text, tail or attribute, or into a new attribute or comment."""
    element = rng.choice([one for one in root.iter() if isinstance(one.tag, str)])
    name = etree.QName(element).localname
    attributes = list(element.attrib)
    way = rng.random()
    if attributes and way < 0.55:
        attribute = rng.choice(attributes)
        old = str(element.attrib[attribute])
        element.attrib[attribute] = rng.choice((value, f"{old} {value}"))
        return f"{name}/@{etree.QName(attribute).localname}"
    if way < 0.85:
        element.text = f"{element.text or ''} {value}" if rng.random() < 0.5 else value
        return f"{name}, text"
    # Text after the root would make the part no XML, which every task refuses.
    if way < 0.9 and element is not root:
        element.tail = value
        return f"{name}, text after it"
    if way < 0.95:
        element.set("{urn:other}other", value)
        return f"{name}/@other"
    element.append(etree.Comment(value.replace("--", "")))
    return f"{name}, comment"


def _in_page(data: bytes, value: str, rng: random.Random) -> Injection | None:
    root = etree.fromstring(data, etree.HTMLParser())
    if root is None:
        return None
    where = _in_tree(root, value, rng)
    return Injection(where, etree.tostring(root, method="html", encoding="utf-8"))


def _in_text(data: bytes, value: str, rng: random.Random) -> Injection | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    breaks = [at for at, char in enumerate(text) if char in "\n，。 "]
    at = rng.choice(breaks or [len(text)])
    return Injection("text", f"{text[:at]}，{value}，{text[at:]}".encode())


def _in_pdf(data: bytes, value: str, rng: random.Random) -> Injection | None:
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            way = rng.choice((_string, _string, _entry, _content))
            where = way(document, value, rng)
            if where is None:
                return None
            written = io.BytesIO()
            document.save(
                written,
                object_stream_mode=rng.choice(list(pikepdf.ObjectStreamMode)),
                compress_streams=rng.random() < 0.7,
                linearize=rng.random() < 0.2,
            )
    except pikepdf.PdfError:
        return None
    return Injection(where, written.getvalue())


def _string(document: pikepdf.Pdf, value: str, rng: random.Random) -> str | None:
    """Replaces a string object."""
    strings = [
        (owner, key)
        for owner in _containers(document)
        for key, one in _members(owner)
        if isinstance(one, pikepdf.String)
    ]
    if not strings:
        return None
    owner, key = rng.choice(strings)
    owner[key] = pikepdf.String(value)
    return f"string {key}"


def _entry(document: pikepdf.Pdf, value: str, rng: random.Random) -> str | None:
    """Adds an entry to a dictionary."""
    dictionaries = [one for one in _containers(document) if not isinstance(one, pikepdf.Array)]
    owner = rng.choice(dictionaries)
    key = rng.choice(("/Own", "/Contents", "/Alt", "/T", "/Title", "/Name", "/Desc"))
    if key in owner:
        return None
    owner[key] = pikepdf.String(value)
    return f"new entry {key} of {owner.get('/Type', 'a dictionary')}"


def _content(document: pikepdf.Pdf, value: str, rng: random.Random) -> str | None:
    """Adds a marked-content sequence, a comment or Latin text to a content stream."""
    page = rng.choice(list(document.pages))
    hexadecimal = "FEFF" + value.encode("utf-16-be").hex()
    piece = rng.choice(
        (f"/Span << /ActualText <{hexadecimal}> >> BDC EMC", f"% {value}\n", f"<{hexadecimal}> pop")
    )
    if value.isascii() and rng.random() < 0.5:
        if "/Resources" not in page.obj:
            return None
        if "/Font" not in page.obj.Resources:
            page.obj.Resources["/Font"] = pikepdf.Dictionary()
        page.obj.Resources.Font["/FX"] = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
        piece = f"BT /FX 11 Tf {rng.randrange(40, 300)} {rng.randrange(40, 700)} Td ({value}) Tj ET"
    page.contents_add(document.make_stream(f"q {piece} Q\n".encode()), prepend=rng.random() < 0.5)
    return f"content, {piece[:12]}"


def _containers(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary, stream and array, direct ones within indirect ones, too."""
    waiting = [(one, 0) for one in document.objects]
    while waiting:
        one, depth = waiting.pop()
        if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array):
            continue
        yield one
        if depth < 20:
            inner = (value for _, value in _members(one))
            waiting += [
                (value, depth + 1)
                for value in inner
                if isinstance(value, pikepdf.Object) and not value.is_indirect
            ]


def _members(owner: pikepdf.Object) -> Iterator[tuple[str | int, object]]:
    yield from enumerate(owner) if isinstance(owner, pikepdf.Array) else owner.items()


_Way = Callable[[bytes, str, random.Random], Injection | None]
_WAYS: Mapping[str, _Way] = MappingProxyType(
    {
        **dict.fromkeys(("DOCX", "XLSX", "ODS", "OFD"), _in_package),
        "PDF": _in_pdf,
        "HTML": _in_page,
        "Markdown": _in_text,
        "text": _in_text,
    }
)
