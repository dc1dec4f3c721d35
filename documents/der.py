"""Reads the elements of DER (ITU-T X.690), as in certificates and signatures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SEQUENCE, SET = 0x30, 0x31
INTEGER, OCTETS, IDENTIFIER = 0x02, 0x04, 0x06


class Element(NamedTuple):
    """`tag` is its first byte, `content` what it holds, and `whole` all its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Element]:
        """Raises `ValueError`."""
        return list(elements(self.content))


def elements(data: bytes) -> Iterator[Element]:
    """The elements that follow each other in `data`. Raises `ValueError` if it is not DER."""
    at = 0
    while at < len(data):
        element = first(data, at)
        yield element
        at += len(element.whole)


def first(data: bytes, at: int = 0) -> Element:
    """The element that begins at `at`; what follows it is ignored. Raises `ValueError`."""
    begin, size, at = at, 0, at + 2
    if at > len(data) or data[begin] & 0x1F == 0x1F:
        raise ValueError("not DER")
    size = data[begin + 1]
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("not DER: the length is indefinite or too large")
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > len(data):
        raise ValueError("not DER: it is cut short")
    return Element(data[begin], data[at : at + size], data[begin : at + size])


def identifier(content: bytes) -> str:
    """An object identifier in dotted form. Raises `ValueError`."""
    if not content or content[-1] & 0x80:
        raise ValueError("not an object identifier")
    numbers, number = list[int](), 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    head = min(numbers[0] // 40, 2)
    return ".".join(map(str, (head, numbers[0] - 40 * head, *numbers[1:])))
