"""YAML without its traps, each value with its place.

Of YAML's scalars, true and false, null, whole and decimal numbers mean something; everything else
is text. `yes`, `no`, `on` and `off`, which some programs take for true and false, must be put in
quotes. Anchors, aliases, tags, repeated names and several documents in a file are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tasks.department_tasks.problems import Flaw, Place, Steps

MOST_BYTES = 128 * 1024
MOST_DEPTH = 40
MOST_VALUES = 10_000

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "true": True, "false": False,
}  # fmt: skip
_UNCLEAR = frozenset(("yes", "no", "on", "off"))


@dataclass(slots=True)
class Marked:
    """A file's values. `written` are those scalars that were read as numbers, as they stand there.

    `spans` are offsets into `text`, of values and of their names.
    """

    text: str
    value: Any = None
    spans: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Steps, int] = field(default_factory=dict)
    written: dict[Steps, str] = field(default_factory=dict)
    flaws: list[tuple[Place, Flaw]] = field(default_factory=list)

    def place(self, flaw: Flaw) -> Place:
        """Where the flaw is; of what is not there, where the value that should have it is."""
        steps: Steps = ()
        for step in flaw.steps:
            if (*steps, step) in self.spans:
                steps = (*steps, step)
        if flaw.of_key and steps in self.keys:
            return self.at(self.keys[steps])
        start, end = self.spans.get(steps, (0, 0))
        found = start
        for _ in range(flaw.nth + 1 if flaw.words else 0):
            found = self.text.find(flaw.words, found + (found > start), end)
        return self.at(max(found, start))

    def at(self, offset: int) -> Place:
        before = self.text[:offset]
        return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

    def named(self, flaw: Flaw) -> str:
        """The path to what the flaw is about, as far as it is in the file or should be."""
        parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in flaw.steps]
        return "".join(parts).removeprefix(".")

    def refuse(self, mark: yaml.Mark | int, steps: Steps, detail: str) -> None:
        offset = mark if isinstance(mark, int) else mark.index
        self.flaws.append((self.at(offset), Flaw(steps, detail)))


def read_yaml(data: bytes) -> Marked:
    """The file's values, or with `flaws` why there are none. Never raises."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        flaw = Flaw((), "the file is not UTF-8 here: save it as UTF-8")
        return Marked("", flaws=[(Place(line), flaw)])
    marked = Marked(text)
    try:
        _look_ahead(marked)
        if not marked.flaws:
            _read(marked)
    except yaml.reader.ReaderError as error:
        marked.refuse(_index(error), (), "a character that YAML does not take: remove it")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        marked.refuse(mark or 0, (), f"this is not YAML: {error.problem or error.context}")
    return marked


def _index(error: yaml.reader.ReaderError) -> int:
    position = error.position
    return position if isinstance(position, int) else 0


def _look_ahead(marked: Marked) -> None:
    """Refuse what must not even be put together: too deep, too much, or more than it seems."""
    depth = values = documents = 0
    for event in yaml.parse(marked.text, Loader=yaml.SafeLoader):
        starts = isinstance(event, yaml.CollectionStartEvent)
        depth += starts - isinstance(event, yaml.CollectionEndEvent)
        values += starts or isinstance(event, yaml.ScalarEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            detail = "anchors (&) and aliases (*) are not taken: write it out, or put it in quotes"
        elif getattr(event, "tag", None):
            detail = "tags (!) are not taken: leave it out, or put the value in quotes"
        elif depth > MOST_DEPTH:
            detail = f"nested deeper than {MOST_DEPTH} levels: make it flatter"
        elif values > MOST_VALUES:
            detail = f"more than {MOST_VALUES} values: make several tasks of it"
        elif documents > 1:
            detail = "a second document (---): give each task a file of its own"
        else:
            continue
        marked.refuse(event.start_mark, (), detail)
        return


def _read(marked: Marked) -> None:
    node = yaml.compose(marked.text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        marked.refuse(
            node.start_mark if node else 0, (), "a task's file holds `name: value` lines: see docs"
        )
        return
    marked.value = _value(marked, node, ())


def _value(marked: Marked, node: yaml.Node, steps: Steps) -> Any:
    marked.spans[steps] = (node.start_mark.index, node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        return dict(_members(marked, node, steps))
    if isinstance(node, yaml.SequenceNode):
        return [_value(marked, one, (*steps, n)) for n, one in enumerate(node.value)]
    return _scalar(marked, node, steps, _plain_value)


def _members(marked: Marked, node: yaml.MappingNode, steps: Steps) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            marked.refuse(key.start_mark, steps, "a name must be a text: put it in quotes")
            continue
        name = _scalar(marked, key, steps, lambda _, __, given: given)
        if name in seen:
            detail = f"`{name}` is here a second time, first in line {seen[name]}: remove one"
            marked.refuse(key.start_mark, (*steps, name), detail)
            continue
        seen[name] = marked.at(key.start_mark.index).line
        marked.keys[(*steps, name)] = key.start_mark.index
        yield name, _value(marked, value, (*steps, name))


def _scalar(
    marked: Marked,
    node: yaml.ScalarNode,
    steps: Steps,
    plain: Callable[[Marked, Steps, str], Any],
) -> Any:
    text = node.value
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text):
        marked.refuse(node.start_mark, steps, "a control character stands in it: remove it")
        return ""
    if node.style:  # in quotes, or a block of text
        return text
    if text.lower() in _UNCLEAR:
        detail = f'`{text}` may mean a text or true or false: write "{text}", or true or false'
        marked.refuse(node.start_mark, steps, detail)
    return plain(marked, steps, text)


def _plain_value(marked: Marked, steps: Steps, text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        marked.written[steps] = text
        return int(text)
    if _DECIMAL.fullmatch(text):
        marked.written[steps] = text
        return float(text)
    return text
