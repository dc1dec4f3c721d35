"""Names the kinds of files that have no reader, so that an error can say what was sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

_SIGNS: Sequence[tuple[re.Pattern[bytes], str]] = tuple(
    (re.compile(sign, re.DOTALL), name)
    for sign, name in (
        (rb"\x7fELF", "a program"),
        # Text may begin with `MZ` too, but has no zero bytes.
        (rb"MZ[^\x00]{0,4000}\x00", "a program"),
        (rb"\x1f\x8b", "a gzip archive"),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (rb"Rar!\x1a\x07", "a RAR archive"),
        (rb"BZh[1-9]1AY&SY", "a bzip2 archive"),
        (rb"\xfd7zXZ\x00", "an xz archive"),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (rb"MSCF\x00\x00\x00\x00", "a cabinet archive"),
        (rb".{257}ustar[\x00 ]", "a tar archive"),
        (
            rb"\x00...ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)",
            "a HEIC picture. Save or export it as JPEG",
        ),
        (rb"\x00...ftypavi[fs]", "an AVIF picture. Save or export it as JPEG"),
        (rb"\x00...ftyp", "a film (MP4 or QuickTime)"),
        (rb"\x00\x00\x00\x0cjP  \r\n", "a JPEG 2000 picture. Save or export it as JPEG"),
        (rb"\x00\x00\x00\x0cJXL \r\n|\xff\x0a", "a JPEG XL picture. Save or export it as JPEG"),
        (rb"8BPS\x00[\x01\x02]", "a Photoshop picture. Save or export it as PNG"),
        (
            rb"\xd7\xcd\xc6\x9a|[\x01\x02]\x00\x09\x00\x00[\x01\x03]|\x01\x00\x00\x00.{36} EMF",
            "a Windows metafile",
        ),
        (rb"AC10[0-9]{2}\x00", "an AutoCAD drawing (DWG). Print it as PDF"),
        (rb"CAJ\x00|KDH |HN\x00\x00", "a CAJ document. Save it as PDF"),
        (rb"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "a OneNote section"),
        (
            rb"\x78\x9f\x3e\x22",
            "an attachment that Outlook wrote for itself (winmail.dat). Send the e-mail as MSG",
        ),
        (rb"!BDN", "an Outlook data file (PST). Save the e-mails as MSG or EML"),
        (rb"SQLite format 3\x00", "an SQLite database"),
        (rb"\x00\x01\x00\x00Standard (?:Jet|ACE) DB\x00", "an Access database"),
        (rb"RIFF....(?:WAVE|AVI )|ID3[\x02-\x04]|OggS\x00|fLaC\x00", "a film or sound"),
        (rb"wOF[F2]|OTTO\x00|\x00\x01\x00\x00\x00[\x04-\x40]", "a font"),
    )
)
_EMBEDDED = "application/vnd.oasis.opendocument."
_DECLARED: Mapping[str, str] = {
    "application/epub+zip": "an EPUB book. Save it as PDF or DOCX",
    f"{_EMBEDDED}presentation": "an OpenDocument presentation (ODP). Save it as PPTX",
    f"{_EMBEDDED}graphics": "an OpenDocument drawing (ODG). Save it as PDF",
    f"{_EMBEDDED}formula": "an OpenDocument formula (ODF). Save it as PDF",
    f"{_EMBEDDED}chart": "an OpenDocument chart. Save it as PDF",
    f"{_EMBEDDED}database": "an OpenDocument database (ODB)",
}
# Parts that only one kind of ZIP container has.
_PARTS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(part), name)
    for part, name in (
        (r"(?:Index/.*\.iwa|Index\.zip|index\.apxl)", "an iWork document. Save it as DOCX or PDF"),
        (r"AndroidManifest\.xml", "an Android program"),
        (r"META-INF/MANIFEST\.MF", "a Java program"),
        (r"visio/document\.xml", "a Visio drawing (VSDX). Save it as PDF"),
        (r"FixedDocSeq\.fdseq|FixedDocumentSequence\.fdseq", "an XPS document. Save it as PDF"),
        (r"content\.json|content\.xml\.xmind", "an XMind map. Save it as PDF"),
        (r"doc\.kml", "a map (KMZ)"),
        (
            r"\[Content_Types\]\.xml|_rels/\.rels|mimetype",
            "a ZIP container, but not a supported document",
        ),
    )
)
_PROJECT = ("Props", "Props9", "Props12", "Props14")  # of each version since 98
_STREAMS: Sequence[tuple[str, str]] = (
    ("PowerPoint Document", "a PowerPoint presentation from before 2007 (PPT). Save it as PPTX"),
    ("VisioDocument", "a Visio drawing (VSD). Save it as PDF"),
    ("Quill", "a Publisher document. Save it as PDF"),
    *((stream, "a Project plan (MPP). Save it as PDF") for stream in _PROJECT),
    ("SwDocContentMgr", "a SolidWorks document. Save it as PDF"),
)


def known_kind(head: bytes) -> str | None:
    """The kind of a file that begins with `head`, with an article; None if it is not known."""
    return next((name for sign, name in _SIGNS if sign.match(head)), None)


def zip_kind(declared: str, names: Collection[str]) -> str | None:
    """The kind of a ZIP container that is not a package of files; None if it may be one.

    `declared` is the content of its part `mimetype`.
    """
    if kind := _DECLARED.get(declared.removesuffix("-template")):
        return kind
    return next((name for part, name in _PARTS if any(part.fullmatch(one) for one in names)), None)


def compound_kind(streams: Collection[str]) -> str:
    """The kind of a compound file (MS-CFB) with these streams in capitals, with an article."""
    for stream, name in _STREAMS:
        if stream.upper() in streams:
            return name
    return "an Office file from before 2007, but neither DOC nor XLS"
