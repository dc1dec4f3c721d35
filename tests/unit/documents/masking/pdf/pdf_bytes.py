"""What can be read from the bytes of a PDF without knowing its objects."""

from __future__ import annotations

import base64
import contextlib
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f\s]+)>", re.DOTALL)


def readable(file: bytes) -> str:
    """All bytes, decompressed streams and their strings, in every usual encoding."""
    return "\n".join(text for data in _layers(file) for text in _texts(data))


def _layers(file: bytes) -> Iterator[bytes]:
    yield file
    for match in _STREAM.finditer(file):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(file[match.end() :])


def _texts(data: bytes) -> Iterator[str]:
    strings = b"".join(_string(match) for match in _STRING.finditer(data))
    for each in (data, strings):
        for encoding in ("latin-1", "utf-8", "gb18030", "utf-16-be", "utf-16-le"):
            text = each.decode(encoding, "ignore")
            yield re.sub(r"\s", "", text)
            yield re.sub(r"\s", "", unquote(text))
    for run in re.findall(rb"[A-Za-z0-9+/]{8,}={0,2}", data):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(run).decode("utf-8", "ignore")


def _string(match: re.Match[bytes]) -> bytes:
    if match[2] is None:
        return re.sub(rb"\\([0-7]{1,3})", lambda code: bytes([int(code[1], 8) & 255]), match[1])
    digits = b"".join(match[2].split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
