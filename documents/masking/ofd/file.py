"""Masks an OFD file: writes a new one from the parts and elements that are understood.

The masked file has the pages, templates, annotations, outline and resources. Signatures and seals,
earlier versions, attachments, custom tags, extensions and previews are left out.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from documents.errors import CorruptDocument
from documents.inventory.fonts import font_strings
from documents.inventory.package.package_settings import is_package_setting, is_usual_name
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms
from documents.masking.masked_file import MaskedFile
from documents.masking.ofd.text import mask_text_objects
from documents.masking.ooxml.package_file import STAMP, remove, serialized
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Masking, applied
from documents.ooxml.package import Package
from documents.ooxml.xml import local_name
from documents.readers import ofd
from documents.readers.ofd.package import Parts

_ELEMENTS = frozenset(
    (
        "OFD", "DocBody", "DocInfo", "DocID", "Title", "Author", "Subject", "Abstract",
        "CreationDate", "ModDate", "DocUsage", "Keywords", "Keyword", "Creator", "CreatorVersion",
        "DocRoot", "Document", "CommonData", "MaxUnitID", "PageArea", "PhysicalBox",
        "ApplicationBox", "ContentBox", "BleedBox", "PublicRes", "DocumentRes", "TemplatePage",
        "DefaultCS", "Pages", "Page", "Outlines", "OutlineElem", "Actions", "Action", "Goto",
        "Dest", "Bookmark", "Bookmarks", "Region", "Area", "URI", "Permissions", "Edit", "Annot",
        "Export", "Signature", "Watermark", "PrintScreen", "Print", "ValidPeriod", "VPreferences",
        "PageMode", "PageLayout", "TabDisplay", "HideToolbar", "HideMenubar", "HideWindowUI",
        "ZoomMode", "Zoom", "Annotations", "Template", "PageRes", "Content", "Layer", "PageBlock",
        "TextObject", "PathObject", "ImageObject", "CompositeObject", "CGTransform", "Glyphs",
        "TextCode", "FillColor", "StrokeColor", "Pattern", "CellContent", "AxialShd", "RadialShd",
        "GouraudShd", "LaGouraudShd", "Segment", "Color", "Point", "BackColor", "Clips", "Clip",
        "Path", "Text", "AbbreviatedData", "Border", "BorderColor", "Res", "ColorSpaces",
        "ColorSpace", "Palette", "CV", "DrawParams", "DrawParam", "Fonts", "Font", "FontFile",
        "MultiMedias", "MultiMedia", "MediaFile", "CompositeGraphicUnits", "CompositeGraphicUnit",
        "PageAnnot", "Remark", "Parameters", "Parameter", "Appearance", "FileLoc", "Move", "Line",
        "QuadraticBezier", "CubicBezier", "Arc", "Close", "CropRegion",
    )
)  # fmt: skip
_REMOVED: Mapping[str, str] = MappingProxyType(
    {
        "Signatures": "thumbnails and signatures", "Thumbnail": "thumbnails and signatures",
        "Cover": "thumbnails and signatures", "Versions": "earlier versions",
        "Attachments": "attachments", "CustomTags": "custom tags", "CustomDatas": "custom tags",
        "Extensions": "extensions",
    }
)  # fmt: skip
# Elements whose text, and attributes whose value, is the path of an XML part.
_XML_PATHS = frozenset(("PublicRes", "DocumentRes", "PageRes", "FileLoc", "DocRoot"))
_WITH_BASE = frozenset(("Page", "TemplatePage"))
_USUAL_NAME = re.compile(r"(?:[A-Za-z0-9_.-]{1,40}/){0,5}[A-Za-z0-9_-]{1,40}\.xml")
_NUMBER = r"-?(?:\d{1,6}(?:\.\d{0,17})?|\.\d{1,17})(?:[eE]-?\d{1,2})?"
# Lengths, matrices and paths, which cannot be text.
_DRAWING = re.compile(rf"\s*(?:(?:[MLBQACSg]|#?[0-9A-Fa-f]{{1,6}}|{_NUMBER})(?:[\s,]+|$))*")
_AUTHORS = frozenset(("Author", "Creator"))


def mask_ofd(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of an OFD file. Raises a `DocumentError`."""
    try:
        with Package(path, limits) as package:
            masking = with_encoded_forms(masking)
            pictures = Pictures(masking, limits, account)
            return MaskedFile(_Writer(package, masking, pictures, account).file(), ofd.MEDIA_TYPE)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error


class _Writer:
    def __init__(
        self, package: Package, masking: Masking, pictures: Pictures, account: Account
    ) -> None:
        self._package = package
        self._parts = Parts(package)
        self._masking = masking
        self._pictures = pictures
        self._account = account
        # By the path of the original part; None for a part that is left out.
        self._names: dict[str, str | None] = {}
        self._written: dict[str, bytes] = {}
        self._number = 0

    def file(self) -> bytes:
        root = self._parts.entry()
        if root is None:
            raise CorruptDocument("The container holds no OFD document. Save it again.")
        self._names["ofd.xml"] = "OFD.xml"
        self._write("ofd.xml", "OFD.xml", root)
        left_out = len(self._package.names) - len(self._written)
        self._account.removed["other parts"] += max(0, left_out)
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in sorted(self._written.items(), key=lambda one: one[0] != "OFD.xml"):
                entry = zipfile.ZipInfo(name, STAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, data)
        return written.getvalue()

    def _write(self, path: str, name: str, root: etree._Element) -> None:
        """Write an XML part and those that it references."""
        self._keep_understood(root)
        base = root.attrib.pop("BaseLoc", "") if local_name(root) == "Res" else ""
        for element in list(root.iter(etree.Element)):
            self._follow(element, path, str(base))
        changes = mask_text_objects(root, self._masking.find)
        self._account.count(_part_of(root), changes)
        self._mask_values(root)
        etree.cleanup_namespaces(root)
        self._written[name] = serialized(root)

    def _keep_understood(self, root: etree._Element) -> None:
        for element in list(root.iter(etree.Element)):
            name = local_name(element)
            if element is not root and name not in _ELEMENTS:
                self._account.removed[_REMOVED.get(name, "unknown elements")] += 1
                remove(element)
            for key in list(map(str, element.attrib)):
                if not re.fullmatch(r"(?:\{[^}]*\})?[A-Za-z]{1,40}", key):
                    del element.attrib[key]

    def _follow(self, element: etree._Element, by: str, base: str) -> None:
        """Write what an element references, and the new path; remove it if that is left out."""
        name = local_name(element)
        if name in _XML_PATHS or (name == "Annotations" and not len(element)):
            new = self._xml_part(by, element.text)
        elif name in _WITH_BASE and element.get("BaseLoc") is not None:
            new = self._xml_part(by, element.get("BaseLoc"))
            if new is not None:
                element.set("BaseLoc", f"/{new}")
                return
        elif name in {"MediaFile", "FontFile"}:
            new = self._binary(element, by, base)
        else:
            return
        if new is None:
            remove(element)
        else:
            element.text = f"/{new}"

    def _xml_part(self, by: str, path: str | None) -> str | None:
        """The new name of the XML part that the part `by` references."""
        found = self._parts.named(by, path)
        if found is None:
            return None
        full, root = found
        if full not in self._names:
            name = full
            if not is_usual_name(full) and (
                not _USUAL_NAME.fullmatch(full) or self._masking.find(full)
            ):
                self._number += 1
                name = f"parts/part{self._number}.xml"
            self._names[full] = name
            self._write(full, name, root)
        return self._names[full]

    def _binary(self, element: etree._Element, by: str, base: str) -> str | None:
        """The new name of a picture or a font, whose path is relative to the resources."""
        path = posixpath.join(base, (element.text or "").strip())
        data = self._parts.data(by, path)
        if data is None:
            return None
        key = f"{by} {path}"
        if key not in self._names:
            self._number += 1
            is_font = local_name(element) == "FontFile"
            self._names[key] = self._font(data) if is_font else self._picture(data)
        return self._names[key]

    def _picture(self, data: bytes) -> str | None:
        extension = self._pictures.extension_of(data)
        name = f"Res/picture{self._number}.{extension or 'bin'}"
        if extension is None:
            # JBIG2, which nothing here reads, or sound and video.
            self._account.add_not_covered("picture", name)
            self._written[name] = data
            return name
        masked = self._pictures.masked(data, name)
        if masked is None:
            return None
        self._written[name] = masked
        return name

    def _font(self, data: bytes) -> str | None:
        strings = font_strings(data)
        if strings is None or any(self._masking.find(string) for string in strings):
            self._account.removed["embedded fonts"] += 1
            return None
        name = f"Res/font{self._number}.ttf"
        self._written[name] = data
        return name

    def _mask_values(self, root: etree._Element) -> None:
        """Mask every text and attribute by itself."""
        clean: set[str] = set()
        find = self._masking.find
        for element in root.iter(etree.Element):
            if self._masking.authors and local_name(element) in _AUTHORS:
                self._account.removed["authors"] += bool(element.text)
                element.text = ""
            if self._masking.authors and element.get("Creator"):
                self._account.removed["authors"] += 1
                element.set("Creator", "-")
            # The text of text objects is masked; elsewhere text is not divided.
            values = [(None, element.text), *element.attrib.items()]
            for key, value in values:
                text = str(value or "")
                if len(text) < 2 or text in clean or _DRAWING.fullmatch(text):
                    continue
                if is_package_setting(local_name(element), str(key or ""), text):
                    continue
                changes = find(text)
                if not changes:
                    clean.add(text)
                    continue
                self._account.count(_part_of(root), changes)
                if key is None:
                    element.text = applied(text, changes)
                else:
                    element.set(key, applied(text, changes))
            if element.tail and element.tail.strip():
                element.tail = None


def _part_of(root: etree._Element) -> str:
    return {"OFD": "properties", "Page": "pages", "PageAnnot": "annotations"}.get(
        local_name(root), "other parts"
    )
