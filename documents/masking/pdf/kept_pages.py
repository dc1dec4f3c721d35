"""Writes pages of a PDF anew as text, from what is understood of them.

A page's operations are written one by one, from a closed list, with new names for its resources.
Marked content, alternative texts and structure are left out. What is not on the list makes the
page one that cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pikepdf

from documents.inventory.pdf.content import ContentReader, Key, looked_up, parsed, shown_bytes
from documents.inventory.pdf.fonts import Font
from documents.masking.pdf.fonts import KeptFonts, Used
from documents.masking.pdf.parts import Layers, NotUnderstood, number, numbers
from documents.masking.pdf.resources import KeptResources
from documents.masking.replacement import Find
from documents.readers.pdf.malformed import MALFORMED, name_of

# Operators by the number of their operands, all of which are numbers; None for any number of them.
_NUMERIC: Mapping[str, int | None] = MappingProxyType(
    {
        "q": 0, "Q": 0, "cm": 6, "w": 1, "J": 1, "j": 1, "M": 1, "i": 1,
        "m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "h": 0, "re": 4,
        "S": 0, "s": 0, "f": 0, "F": 0, "f*": 0, "B": 0, "B*": 0, "b": 0, "b*": 0, "n": 0,
        "W": 0, "W*": 0, "BT": 0, "ET": 0, "Tc": 1, "Tw": 1, "Tz": 1, "TL": 1, "Tr": 1, "Ts": 1,
        "Td": 2, "TD": 2, "Tm": 6, "T*": 0, "SC": None, "SCN": None, "sc": None, "scn": None,
        "G": 1, "g": 1, "RG": 3, "rg": 3, "K": 4, "k": 4,
    }
)  # fmt: skip
_LEFT_OUT = frozenset(("BMC", "EMC", "MP", "DP", "ri"))
# Operators whose operand is the name of a resource.
_BY_NAME = frozenset(("cs", "CS", "gs", "Do"))
_DEVICES = frozenset(("/DeviceGray", "/DeviceRGB", "/DeviceCMYK"))
_MOST_DEPTH = 8
_MOST_OPERATIONS = 200_000  # of one page, with its forms


@dataclass(slots=True)
class _Stream:
    """A rewritten content stream: its operations, resources, and the codes shown by each font."""

    operations: list[Any] = field(default_factory=list)
    resources: pikepdf.Dictionary = field(default_factory=pikepdf.Dictionary)
    names: dict[tuple[str, str], pikepdf.Name] = field(default_factory=dict)
    used: Used = field(default_factory=dict)

    def name(self, kind: str, old: str, resource: Any) -> pikepdf.Name:
        """A new name for a resource."""
        if (kind, old) not in self.names:
            new = pikepdf.Name(f"/{kind[1]}{len(self.names)}")
            if kind not in self.resources:
                self.resources[kind] = pikepdf.Dictionary()
            self.resources[kind][new] = resource
            self.names[kind, old] = new
        return self.names[kind, old]

    def add_used(self, used: Used) -> None:
        for font, codes in used.items():
            self.used.setdefault(font, set()).update(codes)


class KeptPages:
    """Appends pages to `target`. `finish` must be called before it is saved.

    A page with a font whose name has something to mask, by `find`, is not understood.
    """

    def __init__(
        self, target: pikepdf.Pdf, reader: ContentReader, layers: Layers, find: Find
    ) -> None:
        self._target = target
        self._reader = reader
        self._layers = layers
        self._fonts = KeptFonts(target, find)
        self._resources = KeptResources(target)
        self._forms: dict[Key, tuple[pikepdf.Stream, Used]] = {}
        self._left = 0

    def add(self, page: pikepdf.Page) -> None:
        """Append a page. Raises `NotUnderstood`; the page is not appended then."""
        try:
            self._add(page)
        except MALFORMED as error:
            raise NotUnderstood("content") from error

    def _add(self, page: pikepdf.Page) -> None:
        self._left = _MOST_OPERATIONS
        content = page.obj.get("/Contents")
        written = _Stream()
        if content is not None:
            written = self._stream(content, page.resources, ())
        new = pikepdf.Dictionary(
            Type=pikepdf.Name("/Page"),
            MediaBox=numbers(page.mediabox, 4),
            CropBox=numbers(page.cropbox, 4),
            Resources=written.resources,
            Contents=self._target.make_stream(pikepdf.unparse_content_stream(written.operations)),
        )
        if turn := _inherited(page.obj, "/Rotate"):
            new["/Rotate"] = number(turn)
        if (unit := page.obj.get("/UserUnit")) is not None:
            new["/UserUnit"] = number(unit)
        group = page.obj.get("/Group")
        if isinstance(group, pikepdf.Dictionary):
            new["/Group"] = self._group(group)
        self._fonts.use(written.used)
        self._target.pages.append(pikepdf.Page(self._target.make_indirect(new)))

    def finish(self) -> None:
        """Write the fonts, with the characters that the pages show."""
        self._fonts.finish()

    def _stream(self, stream: Any, resources: Any, path: tuple[Key, ...]) -> _Stream:
        if not isinstance(stream, pikepdf.Stream) or len(path) > _MOST_DEPTH:
            raise NotUnderstood("content")
        instructions = parsed(stream)
        if instructions is None:
            raise NotUnderstood("content")
        self._left -= len(instructions)
        if self._left < 0:
            raise NotUnderstood("too many operations")
        return _Rewriting(self, resources, (*path, stream.objgen)).rewrite(instructions)

    def _group(self, group: Any) -> pikepdf.Dictionary:
        kept = pikepdf.Dictionary(Type=pikepdf.Name("/Group"), S=pikepdf.Name("/Transparency"))
        for key in ("/I", "/K"):
            if isinstance(group.get(key), bool):
                kept[key] = group[key]
        if "/CS" in group:
            kept["/CS"] = self._resources.color_space(group["/CS"])
        return kept

    def form(self, form: Any, resources: Any, path: tuple[Key, ...]) -> tuple[Any, Used]:
        """A rewritten form, and the codes that its text shows."""
        key = form.objgen
        if key not in self._forms:
            written = self._stream(form, form.get("/Resources", resources), path)
            kept = self._target.make_stream(pikepdf.unparse_content_stream(written.operations))
            kept["/Type"] = pikepdf.Name("/XObject")
            kept["/Subtype"] = pikepdf.Name("/Form")
            kept["/BBox"] = numbers(form.get("/BBox"), 4)
            kept["/Resources"] = written.resources
            if "/Matrix" in form:
                kept["/Matrix"] = numbers(form["/Matrix"], 6)
            if isinstance(form.get("/Group"), pikepdf.Dictionary):
                kept["/Group"] = self._group(form["/Group"])
            self._forms[key] = kept, written.used
        return self._forms[key]

    def image(self, image: Any) -> Any:
        return self._resources.image(image)

    def inline_image(self, image: Any) -> Any:
        return self._resources.inline_image(image)

    def state(self, state: Any) -> Any:
        return self._resources.state(state)

    def color_space(self, space: Any) -> Any:
        return self._resources.color_space(space)

    def font(self, font: Font) -> Any:
        return self._fonts.font(font)

    def is_visible(self, content: Any) -> bool:
        return self._layers.is_visible(content)

    def named_font(self, resources: Any, name: Any) -> Font | None:
        return self._reader.font(resources, name)


class _Rewriting:
    """One content stream in work."""

    def __init__(self, pages: KeptPages, resources: Any, path: tuple[Key, ...]) -> None:
        self._pages = pages
        self._resources = resources
        self._path = path
        self._stream = _Stream()
        self._font: Font | None = None
        self._saved: list[Font | None] = []

    def rewrite(self, instructions: Sequence[Any]) -> _Stream:
        for instruction in instructions:
            operator = str(instruction.operator)
            for operands, name in self._rewritten(operator, instruction):
                self._stream.operations.append((operands, pikepdf.Operator(name)))
        return self._stream

    def _rewritten(self, operator: str, instruction: Any) -> Iterator[tuple[Sequence[Any], str]]:
        """The operations that stand for one of the original."""
        if operator == "INLINE IMAGE":
            yield [self._inline_image(instruction.iimage)], "Do"
            return
        operands = list(instruction.operands)
        if operator in _NUMERIC:
            self._save_font(operator)
            yield self._checked(operands, _NUMERIC[operator]), operator
        elif operator in {"Tj", "TJ", "'", '"'}:
            yield self._shown(operands), operator
        elif operator == "Tf":
            yield self._chosen(operands), operator
        elif operator == "BDC":
            self._check_layer(operands)
        elif operator == "d":
            yield [numbers(operands[0]), number(operands[1])], operator
        elif operator in _BY_NAME:
            yield [self._by_name(operator, operands[0])], operator
        elif operator not in _LEFT_OUT:
            raise NotUnderstood(_reason(operator))

    def _by_name(self, operator: str, name: Any) -> Any:
        if operator == "gs":
            return self._state(name)
        return self._painted(name) if operator == "Do" else self._space(name)

    def _state(self, name: Any) -> pikepdf.Name:
        state = looked_up(self._resources, "/ExtGState", name)
        return self._named("/ExtGState", name, self._pages.state(state))

    def _checked(self, operands: Sequence[Any], count: int | None) -> Sequence[Any]:
        if any(isinstance(one, pikepdf.Name) for one in operands):
            raise NotUnderstood("pattern")
        if count is not None and len(operands) != count:
            raise NotUnderstood("content")
        return [number(one) for one in operands]

    def _save_font(self, operator: str) -> None:
        if operator == "q":
            self._saved.append(self._font)
        elif operator == "Q" and self._saved:
            self._font = self._saved.pop()

    def _chosen(self, operands: Sequence[Any]) -> Sequence[Any]:
        if len(operands) != 2:
            raise NotUnderstood("content")
        self._font = self._pages.named_font(self._resources, operands[0])
        if self._font is None:
            raise NotUnderstood("font")
        kept = self._pages.font(self._font)
        return [self._named("/Font", operands[0], kept), number(operands[1])]

    def _shown(self, operands: Sequence[Any]) -> Sequence[Any]:
        if self._font is None:
            raise NotUnderstood("font")
        if self._font.map and not self._font.has_fixed_width:
            raise NotUnderstood("font")
        codes = set(self._font.codes(shown_bytes(operands)))
        self._stream.add_used({self._pages.font(self._font).objgen: codes})
        return [_shown_operand(one) for one in operands]

    def _space(self, name: Any) -> Any:
        if str(name) in _DEVICES:
            return name
        space = looked_up(self._resources, "/ColorSpace", name)
        return self._named("/ColorSpace", name, self._pages.color_space(space))

    def _painted(self, name: Any) -> pikepdf.Name:
        xobject = looked_up(self._resources, "/XObject", name)
        if not isinstance(xobject, pikepdf.Stream) or xobject.objgen in self._path:
            raise NotUnderstood("content")
        if "/OC" in xobject and not self._pages.is_visible(xobject["/OC"]):
            raise NotUnderstood("optional content")
        if xobject.get("/Subtype") == "/Image":
            return self._named("/XObject", name, self._pages.image(xobject))
        if xobject.get("/Subtype") != "/Form":
            raise NotUnderstood("XObject")
        kept, used = self._pages.form(xobject, self._resources, self._path)
        self._stream.add_used(used)
        return self._named("/XObject", name, kept)

    def _inline_image(self, image: Any) -> pikepdf.Name:
        kept = self._pages.inline_image(image)
        return self._stream.name("/XObject", f"inline {len(self._stream.operations)}", kept)

    def _check_layer(self, operands: Sequence[Any]) -> None:
        if str(operands[0]) == "/OC":
            group = looked_up(self._resources, "/Properties", operands[1])
            if not self._pages.is_visible(group):
                raise NotUnderstood("optional content")

    def _named(self, kind: str, name: Any, kept: Any) -> pikepdf.Name:
        return self._stream.name(kind, name_of(name), kept)


def _shown_operand(operand: Any) -> Any:
    if isinstance(operand, pikepdf.String):
        return operand
    if isinstance(operand, pikepdf.Array):
        return pikepdf.Array([_shown_operand(one) for one in operand])
    return number(operand)


def _inherited(page: Any, key: str) -> Any:
    """A value of a page, or of the first of its parents that has it."""
    for _ in range(_MOST_PARENTS):
        if key in page:
            return page[key]
        page = page.get("/Parent")
        if not isinstance(page, pikepdf.Dictionary):
            break
    return None


_MOST_PARENTS = 50


def _reason(operator: str) -> str:
    return "shading" if operator == "sh" else "unknown operator"
