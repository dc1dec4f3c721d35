"""A safe subset of YAML, each value with its position in the file.

Unquoted `true`, `false`, `null` and numbers have their types; every other scalar is text. `yes`,
`no`, `on` and `off` must be quoted, because YAML 1.1 reads them as booleans. Anchors, aliases,
tags, repeated names and several documents in a file are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tasks.department_tasks.problems import Flaw, Position, Steps

MOST_BYTES = 128 * 1024
MOST_DEPTH = 40
MOST_VALUES = 10_000

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "true": True, "false": False,
}  # fmt: skip
_AMBIGUOUS = frozenset(("yes", "no", "on", "off"))


@dataclass(slots=True)
class YamlFile:
    """A file's values. `written` has the original text of scalars that were read as numbers.

    `spans` are the offsets of values in `text`, `keys` those of their names.
    """

    text: str
    value: Any = None
    spans: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Steps, int] = field(default_factory=dict)
    written: dict[Steps, str] = field(default_factory=dict)
    flaws: list[tuple[Position, Flaw]] = field(default_factory=list)

    def position(self, flaw: Flaw) -> Position:
        """Where the flaw is; for something that is absent, the nearest value around it."""
        steps: Steps = ()
        for step in flaw.steps:
            if (*steps, step) in self.spans:
                steps = (*steps, step)
        if flaw.of_key and steps in self.keys:
            return self.at(self.keys[steps])
        start, end = self.spans.get(steps, (0, 0))
        offset = start
        for _ in range(flaw.nth + 1 if flaw.words else 0):
            offset = self.text.find(flaw.words, offset + (offset > start), end)
        return self.at(max(offset, start))

    def at(self, offset: int) -> Position:
        before = self.text[:offset]
        return Position(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

    def path_of(self, flaw: Flaw) -> str:
        """The path to the flaw, such as `checks[0].at`."""
        parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in flaw.steps]
        return "".join(parts).removeprefix(".")

    def refuse(self, mark: yaml.Mark | int, steps: Steps, detail: str) -> None:
        offset = mark if isinstance(mark, int) else mark.index
        self.flaws.append((self.at(offset), Flaw(steps, detail)))


def read_yaml(data: bytes) -> YamlFile:
    """Read a file. Never raises: what cannot be read is in `flaws`."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        flaw = Flaw((), "the file is not UTF-8: save it as UTF-8")
        return YamlFile("", flaws=[(Position(line), flaw)])
    yaml_file = YamlFile(text)
    try:
        _check_structure(yaml_file)
        if not yaml_file.flaws:
            _read(yaml_file)
    except yaml.reader.ReaderError as error:
        yaml_file.refuse(_index(error), (), "a character that YAML does not allow: remove it")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        yaml_file.refuse(mark or 0, (), f"this is not YAML: {error.problem or error.context}")
    return yaml_file


def _index(error: yaml.reader.ReaderError) -> int:
    position = error.position
    return position if isinstance(position, int) else 0


def _check_structure(yaml_file: YamlFile) -> None:
    """Refuse nesting, sizes and features that must not reach the composer."""
    depth = values = documents = 0
    for event in yaml.parse(yaml_file.text, Loader=yaml.SafeLoader):
        starts = isinstance(event, yaml.CollectionStartEvent)
        depth += starts - isinstance(event, yaml.CollectionEndEvent)
        values += starts or isinstance(event, yaml.ScalarEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            detail = "anchors (&) and aliases (*) are not supported: write it out, or quote it"
        elif getattr(event, "tag", None):
            detail = "tags (!) are not supported: remove it, or put the value in quotes"
        elif depth > MOST_DEPTH:
            detail = f"nested deeper than {MOST_DEPTH} levels: make it flatter"
        elif values > MOST_VALUES:
            detail = f"more than {MOST_VALUES} values: split it into several tasks"
        elif documents > 1:
            detail = "a second document (---): give each task a file of its own"
        else:
            continue
        yaml_file.refuse(event.start_mark, (), detail)
        return


def _read(yaml_file: YamlFile) -> None:
    node = yaml.compose(yaml_file.text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        yaml_file.refuse(
            node.start_mark if node else 0,
            (),
            "a task's file has `name: value` lines: see docs/own-tasks.md",
        )
        return
    yaml_file.value = _value(yaml_file, node, ())


def _value(yaml_file: YamlFile, node: yaml.Node, steps: Steps) -> Any:
    yaml_file.spans[steps] = (node.start_mark.index, node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        return dict(_members(yaml_file, node, steps))
    if isinstance(node, yaml.SequenceNode):
        return [_value(yaml_file, one, (*steps, n)) for n, one in enumerate(node.value)]
    return _scalar(yaml_file, node, steps, _plain_value)


def _members(
    yaml_file: YamlFile, node: yaml.MappingNode, steps: Steps
) -> Iterator[tuple[str, Any]]:
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yaml_file.refuse(key.start_mark, steps, "a name must be text: put it in quotes")
            continue
        name = _scalar(yaml_file, key, steps, lambda _, __, text: text)
        if name in lines:
            detail = f"`{name}` is repeated, first in line {lines[name]}: remove one"
            yaml_file.refuse(key.start_mark, (*steps, name), detail)
            continue
        lines[name] = yaml_file.at(key.start_mark.index).line
        yaml_file.keys[(*steps, name)] = key.start_mark.index
        yield name, _value(yaml_file, value, (*steps, name))


def _scalar(
    yaml_file: YamlFile,
    node: yaml.ScalarNode,
    steps: Steps,
    plain: Callable[[YamlFile, Steps, str], Any],
) -> Any:
    text = node.value
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text):
        yaml_file.refuse(node.start_mark, steps, "contains a control character: remove it")
        return ""
    if node.style:  # quoted, or a block scalar
        return text
    if text.lower() in _AMBIGUOUS:
        detail = f'`{text}` is ambiguous: write "{text}", or true or false'
        yaml_file.refuse(node.start_mark, steps, detail)
    return plain(yaml_file, steps, text)


def _plain_value(yaml_file: YamlFile, steps: Steps, text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        yaml_file.written[steps] = text
        return int(text)
    if _DECIMAL.fullmatch(text):
        yaml_file.written[steps] = text
        return float(text)
    return text
