"""The values of form fields, as a browser shows them."""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

TICKED, UNTICKED = "☑", "☐"
CONTROLS = frozenset(("input", "select", "textarea"))

# What a browser shows of these is no text: a password, a colour, a chosen file's name.
_WITHOUT_TEXT = frozenset(("hidden", "password", "color", "file", "image"))
_MOST_DEPTH = 200


def control_text(
    node: LexborNode, tag: str, attributes: Mapping[str, str | None], radios: Mapping[str, int]
) -> str:
    """The text of a field. Values are between spaces, ticks are not. `radios` as of `chosen`."""
    if tag == "select":
        return _select_text(node, attributes)
    if tag == "textarea":
        return f" {node.text() or ''} "
    kind = (attributes.get("type") or "text").strip().lower()
    if kind == "checkbox":
        return TICKED if "checked" in attributes else UNTICKED
    if kind == "radio":
        is_chosen = "checked" in attributes and (
            not attributes.get("name") or radios.get(_group(node, attributes)) == node.mem_id
        )
        return TICKED if is_chosen else UNTICKED
    if kind in _WITHOUT_TEXT:
        return ""
    return f" {attributes.get('value') or ''} "


def chosen(root: LexborNode | None) -> dict[str, int]:
    """The chosen radio button of each group: the last one that is checked."""
    buttons = root.css("input[type=radio i][checked]") if root is not None else []
    return {_group(button, button.attributes): button.mem_id for button in buttons}


def _group(button: LexborNode, attributes: Mapping[str, str | None]) -> str:
    form = attributes.get("form") or ""
    node, depth = button.parent, 0
    while not form and node is not None and depth < _MOST_DEPTH:
        form = str(node.mem_id) if node.tag == "form" else ""
        node, depth = node.parent, depth + 1
    return f"{form} {attributes.get('name') or ''}"


def _select_text(node: LexborNode, attributes: Mapping[str, str | None]) -> str:
    """The chosen entry of a list; of one that shows several lines, all entries with ticks."""
    options = [option for option in node.css("option") if "hidden" not in option.attributes]
    selected = [option for option in options if "selected" in option.attributes]
    size = attributes.get("size") or ""
    if "multiple" in attributes or (size.isascii() and size.isdecimal() and int(size[:4]) > 1):
        if "multiple" not in attributes:
            selected = selected[-1:]
        marked = {option.mem_id for option in selected}
        entries = ((option.mem_id in marked, _label(option)) for option in options)
        return f" {' '.join((TICKED if is_on else UNTICKED) + text for is_on, text in entries)} "
    enabled = [option for option in options if "disabled" not in option.attributes]
    shown = selected[-1:] or enabled[:1] or options[:1]
    return f" {_label(shown[0])} " if shown else ""


def _label(option: LexborNode) -> str:
    return option.attributes.get("label") or " ".join((option.text() or "").split())
