"""Removes from the XML of Office files what is not understood, or is not shown and not needed."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml import etree

from documents.errors import RedactionIncomplete
from documents.masking.account import Account
from documents.masking.replacement import Masking

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_NAMESPACE = re.compile(
    r"http://schemas\.openxmlformats\.org/(?:[A-Za-z-]+/){1,3}2006(?:/[A-Za-z-]+){0,2}"
    r"|http://schemas\.openxmlformats\.org/(?:drawingml|spreadsheetml)/2006/[A-Za-z]+(?:/[a-z]+)?"
    r"|http://purl\.oclc\.org/ooxml/[A-Za-z]+(?:/[A-Za-z]+){0,2}"
    r"|http://schemas\.microsoft\.com/office/[a-z]+/20\d\d(?:/\d\d?(?:/\d\d?)?)?(?:/[A-Za-z0-9]+)?"
    r"|http://schemas\.microsoft\.com/office/2006/[A-Za-z]+"
    r"|http://schemas\.microsoft\.com/office/excel/2006/main"
    r"|urn:schemas-microsoft-com:(?:vml|office:(?:office|word|excel|powerpoint))"
    r"|http://purl\.org/dc/(?:elements/1\.1|terms|dcmitype)/"
    r"|http://www\.w3\.org/(?:2001/XMLSchema-instance|XML/1998/namespace)"
)
_USUAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}")
_MANY_DIGITS = re.compile(r"\d{6}")
# Copies of text in another encoding, data of programs, and names of files and persons.
_REMOVED = {
    "extLst": "extensions",
    "fldData": "data of fields",
    "binData": "data of fields",
    "rsids": "revision data",
    "dataBinding": "custom XML",
    "mailMerge": "data sources",
    "attachedTemplate": "links to files",
    "permStart": "permissions",
    "permEnd": "permissions",
    "smartTagPr": "smart tags",
    "customXmlPr": "smart tags",
    "oleObjects": "embedded files",
    "controls": "embedded files",
}
_REMOVED_ATTRIBUTES = re.compile(r"gfxdata|rsid.*", re.IGNORECASE)
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def keep_understood(root: etree._Element, masking: Masking, account: Account) -> None:
    """Keep the elements and attributes of namespaces that are understood.

    Raises `RedactionIncomplete` for a namespace prefix with text to mask.
    """
    removed: list[etree._Element] = []
    for element in root.iter(etree.Element):
        if element is not root and (what := _reason(element)):
            account.removed[what] += 1
            removed.append(element)
        elif element.attrib:
            _clean_attributes(element)
    for element in removed:
        _take_out(element)
    _clean_namespaces(root, masking)


def _reason(element: etree._Element) -> str | None:
    """What the element is, if it is to be removed."""
    reason = _reason_by_tag(str(element.tag))
    if reason is not None:
        return None if _is_diagram_drawing(element) else reason
    if str(element.tag) == f"{_COMPATIBILITY}Choice" and not _has_understood_requirements(element):
        return "unknown elements"
    return None


@cache
def _reason_by_tag(tag: str) -> str | None:
    if not _is_understood(tag):
        return "unknown elements"
    return _REMOVED.get(tag.rpartition("}")[2])


def _is_diagram_drawing(element: etree._Element) -> bool:
    """Whether the extension names the drawing of a diagram, as its last layout."""
    return str(element.tag).endswith("}extLst") and any(
        etree.QName(inside).localname == "dataModelExt" for inside in element.iter("{*}*")
    )


@cache
def _is_understood(tag: str) -> bool:
    namespace, _, name = tag.rpartition("}")
    if not _USUAL_NAME.fullmatch(name) or _MANY_DIGITS.search(name):
        return False
    return not namespace or _NAMESPACE.fullmatch(namespace[1:]) is not None


def _has_understood_requirements(choice: etree._Element) -> bool:
    names = (choice.get("Requires") or "").split()
    return all(_NAMESPACE.fullmatch(choice.nsmap.get(name, "")) for name in names)


def _clean_attributes(element: etree._Element) -> None:
    for key in element.keys():  # noqa: SIM118 - an element iterates over its children
        if not _is_kept(str(key)):
            del element.attrib[key]


@cache
def _is_kept(key: str) -> bool:
    local = key.rpartition("}")[2]
    is_other_schema = key.startswith(_XSI) and local != "type"
    return not (is_other_schema or _REMOVED_ATTRIBUTES.fullmatch(local) or not _is_understood(key))


_PREFIXES = etree.XPath("//*[@Requires or @mc:*]", namespaces={"mc": _COMPATIBILITY[1:-1]})


def _clean_namespaces(root: etree._Element, masking: Masking) -> None:
    """Remove the declarations of namespaces that nothing uses."""
    used: set[str] = set()
    found: Any = _PREFIXES(root)
    for element in found:
        for key in ("Ignorable", "ProcessContent", "MustUnderstand", "PreserveElements",
                    "PreserveAttributes"):  # fmt: skip
            if value := element.get(_COMPATIBILITY + key):
                known = [
                    name
                    for name in value.split()
                    if _NAMESPACE.fullmatch(element.nsmap.get(name.partition(":")[0], ""))
                ]
                element.set(_COMPATIBILITY + key, " ".join(known))
                used.update(name.partition(":")[0] for name in known)
        used.update((element.get("Requires") or "").split())
    etree.cleanup_namespaces(root, keep_ns_prefixes=sorted(used))
    declared = etree.iterwalk(root, events=("start-ns",))
    for prefix in {prefix for _, (prefix, _) in declared}:
        if prefix and (not prefix.isascii() or len(prefix) > 10) and masking.find(prefix):
            raise RedactionIncomplete(
                "A namespace prefix in the document contains text to be masked. Save the document "
                "again with its own program."
            )


def _take_out(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
