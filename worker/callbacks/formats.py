"""The body of a callback in a department's format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from jobs.model.formats.callback_format import ATTRIBUTE, OTHERS, BodyKind, CallbackFormat
from tasks.department_tasks.template import only_name, replaced

# XML 1.0, 2.2: no document can contain them, not even as references.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INDEX = re.compile(r"[0-9]{1,9}")
_REPLACEMENT = "\ufffd"


def formatted(callback_format: CallbackFormat, event: Mapping[str, Any]) -> bytes:
    """The body, in the format's charset. `event`: the JSON event with the callback's `id`.

    A placeholder without a value in the event is empty.
    """
    fields = [
        (target, _value(callback_format, template, event))
        for target, template in callback_format.targets
    ]
    match callback_format.body:
        case BodyKind.form:
            pairs = [(target[0], _text(value)) for target, value in fields]
            return urlencode(pairs, encoding=callback_format.charset).encode("ascii")
        case BodyKind.json:
            text = json.dumps(_nested(fields), ensure_ascii=False, separators=(",", ":"))
        case BodyKind.xml:
            declaration = f'<?xml version="1.0" encoding="{callback_format.charset}"?>'
            root = Element(str(callback_format.root))
            _add(root, _nested([(target, _xml_text(value)) for target, value in fields]))
            text = declaration + tostring(root, encoding="unicode")
    return text.encode(callback_format.charset)


def _value(callback_format: CallbackFormat, template: str | float, event: Mapping[str, Any]) -> Any:
    """The value itself where the template is one placeholder, else a text."""
    if not isinstance(template, str):
        return template

    def value_of(path: str) -> Any:
        value = _at(event, path)
        table = callback_format.values.get(path, {})
        return table.get(_text(value), table.get(OTHERS, value))

    name = only_name(template)
    if name is not None:
        return value_of(name)
    return replaced(template, lambda path: _text(value_of(path)))


def _at(event: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; a number is an index in a list. None if there is none."""
    value: Any = event
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and _INDEX.fullmatch(step):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _xml_text(value: Any) -> str:
    return _NOT_IN_XML.sub(_REPLACEMENT, _text(value))


def _nested(fields: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for target, value in fields:
        inner = tree
        for name in target[:-1]:
            inner = inner.setdefault(name, {})
        inner[target[-1]] = value
    return tree


def _add(element: Element, tree: Mapping[str, Any]) -> None:
    for name, value in tree.items():
        if name.startswith(ATTRIBUTE):
            element.set(name.removeprefix(ATTRIBUTE), value)
        elif isinstance(value, dict):
            _add(SubElement(element, name), value)
        else:
            SubElement(element, name).text = value
