"""Elements and attributes by local name, in any edition of the standard."""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

_OFF = frozenset(("0", "false", "off", "none"))


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace; empty for comments and instructions."""
    tag = element.tag
    return _without_namespace(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=4096)
def _without_namespace(name: str) -> str:
    return name.rpartition("}")[2]


def child(parent: etree._Element, name: str) -> etree._Element | None:
    for element in parent:
        if local_name(element) == name:
            return element
    return None


def has(parent: etree._Element | None, name: str) -> bool:
    """Whether a property is present and not switched off."""
    element = child(parent, name) if parent is not None else None
    return element is not None and is_on(element)


def is_on(element: etree._Element) -> bool:
    """Whether a property is not switched off."""
    return attribute(element, "val") not in _OFF


def attribute(element: etree._Element, name: str) -> str | None:
    for key, value in element.attrib.items():
        if _without_namespace(str(key)) == name:
            return str(value)
    return None


def value(parent: etree._Element | None, *names: str) -> str | None:
    """The `val` attribute of the property at the path of names."""
    for name in names:
        if parent is None:
            return None
        parent = child(parent, name)
    return attribute(parent, "val") if parent is not None else None
