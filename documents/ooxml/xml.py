"""Elements and attributes by local name, in any edition of the standard."""

from __future__ import annotations

from lxml import etree

_OFF = frozenset(("0", "false", "off", "none"))


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(parent: etree._Element, name: str) -> etree._Element | None:
    for element in parent:
        if local_name(element) == name:
            return element
    return None


def has(parent: etree._Element, name: str) -> bool:
    """Whether a property is present and not switched off."""
    element = child(parent, name)
    return element is not None and attribute(element, "val") not in _OFF


def attribute(element: etree._Element, name: str) -> str | None:
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def value(parent: etree._Element | None, *names: str) -> str | None:
    """The `val` attribute of the property at the path of names."""
    for name in names:
        if parent is None:
            return None
        parent = child(parent, name)
    return attribute(parent, "val") if parent is not None else None
