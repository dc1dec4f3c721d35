"""What Word shows for EQ fields (ECMA-376 part 1, 17.16.5.20), in a linear form.

Chinese documents have characters in circles and fractions made with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from documents.ooxml.equations import SIMPLE

_MOST_DEPTH = 40
_SWITCH = re.compile(r"\\\s*([a-zA-Z]+)")
_FORMAT = re.compile(r'\\\*\s*(?:"[^"]*"|[^\s\\(]+)')
_SIGN_OPTION = re.compile(r"\s*\\(lc|rc|bc|fc|vc)\s*\\?(\S)")
_OPTION = re.compile(r"\s*\\([a-zA-Z]{2})\s*(\d*)")
_OPEN = re.compile(r"\s*\(")
_RINGS = frozenset("○◯〇⃝Oo◎□◇△▢")
_MATE = {"(": ")", "[": "]", "{": "}", "<": ">"}
# Characters that Unicode has in a circle.
_CIRCLED = {
    **{str(n): chr(0x2460 + n - 1) for n in range(1, 21)},
    **{str(n): chr(0x3251 + n - 21) for n in range(21, 36)},
    **{str(n): chr(0x32B1 + n - 36) for n in range(36, 51)},
    **{chr(0x41 + n): chr(0x24B6 + n) for n in range(26)},
    **{chr(0x61 + n): chr(0x24D0 + n) for n in range(26)},
    **dict(zip("一二三四五六七八九十", map(chr, range(0x3280, 0x328A)), strict=True)),
}

# The arguments of a switch, and its options.
_Arguments = Sequence[str]
_Options = Mapping[str, str]


def equation_field(text: str) -> str:
    """The equation of a field, given its instruction without the name `EQ`."""
    return _Parser(text).sequence(0).strip()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def sequence(self, depth: int, stop: str = "") -> str:
        """The text up to a character of `stop`, with its switches replaced."""
        words: list[str] = []
        text = self._text
        while self._at < len(text) and text[self._at] not in stop:
            char = text[self._at]
            if char == "\\":
                words.append(self._after_backslash(depth))
            elif char == "(" and stop and depth < _MOST_DEPTH:
                self._at += 1
                words.append(f"({self.sequence(depth + 1, ')')})")
                self._at += 1
            else:
                words.append(char)
                self._at += 1
        return "".join(words)

    def _after_backslash(self, depth: int) -> str:
        if mode := _FORMAT.match(self._text, self._at):
            self._at = mode.end()
            return ""
        switch = _SWITCH.match(self._text, self._at)
        if switch is None:
            self._at += 2
            return self._text[self._at - 1 : self._at]
        self._at = switch.end()
        options = self._options()
        opened = _OPEN.match(self._text, self._at)
        if opened is None or depth >= _MOST_DEPTH:
            return ""
        self._at = opened.end()
        arguments = [self.sequence(depth + 1, ",;)")]
        while self._text[self._at : self._at + 1] in {",", ";"}:
            self._at += 1
            arguments.append(self.sequence(depth + 1, ",;)"))
        self._at += 1
        show = _SWITCHES.get(switch[1].lower(), _joined)
        return show([argument.strip() for argument in arguments], options)

    def _options(self) -> _Options:
        options: dict[str, str] = {}
        while True:
            found = _SIGN_OPTION.match(self._text, self._at) or _OPTION.match(self._text, self._at)
            if found is None:
                return options
            options[found[1].lower()] = found[2]
            self._at = found.end()


def _operand(text: str) -> str:
    return text if SIMPLE.fullmatch(text) else f"({text})"


def _joined(arguments: _Arguments, _options: _Options) -> str:
    return "".join(arguments)


def _fraction(arguments: _Arguments, _options: _Options) -> str:
    return "/".join(map(_operand, arguments))


def _radical(arguments: _Arguments, _options: _Options) -> str:
    *degree, radicand = arguments
    return "√" + "".join(f"[{one}]" for one in degree if one) + _operand(radicand)


def _script(arguments: _Arguments, options: _Options) -> str:
    text = " ".join(filter(None, arguments))
    sign = "^" if "up" in options else "_" if "do" in options else ""
    return sign + _operand(text) if sign and text else text


def _overstrike(arguments: _Arguments, _options: _Options) -> str:
    """Characters in rings, and a word with its pronunciation above, which is left out."""
    rings = [one for one in arguments if one in _RINGS]
    if rings and len(arguments) > len(rings):
        inside = "".join(one for one in arguments if one not in rings)
        return _CIRCLED.get(inside, inside)
    base = [one for one in arguments if not one.startswith(("^", "_"))]
    return "".join(base or arguments)


def _brackets(arguments: _Arguments, options: _Options) -> str:
    both = options.get("bc")
    left = options.get("lc") or both
    right = options.get("rc") or (_MATE.get(both, both) if both else None)
    if left is None and right is None:
        left, right = "(", ")"
    return f"{left or ''}{''.join(arguments)}{right or ''}"


def _large_operator(arguments: _Arguments, options: _Options) -> str:
    low, high, term = (*arguments, "", "", "")[:3]
    sign = "∑" if "su" in options else "∏" if "pr" in options else "∫"
    below, above = (f"_{_operand(low)}" if low else ""), (f"^{_operand(high)}" if high else "")
    return f"{sign}{below}{above} {term}"


def _rows(arguments: _Arguments, _options: _Options) -> str:
    return "; ".join(arguments)


def _list(arguments: _Arguments, _options: _Options) -> str:
    return ",".join(arguments)


_SWITCHES: Mapping[str, Callable[[_Arguments, _Options], str]] = MappingProxyType(
    {
        "a": _rows, "b": _brackets, "f": _fraction, "i": _large_operator, "l": _list,
        "o": _overstrike, "r": _radical, "s": _script,
    }
)  # fmt: skip
