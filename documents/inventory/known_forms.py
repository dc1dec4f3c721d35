"""Tells bytes of a known form from others, such as signatures, in which only text is searched."""

from __future__ import annotations

import re
import zlib

from documents.inventory.encodings import CONTAINER

_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF")
_ZLIB = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]")
_MOST_INFLATED, _LEAST_STREAM = 1 << 20, 64


def is_known_form(data: bytes) -> bool:
    """Whether the bytes are compressed, or a document or picture is among them."""
    if CONTAINER.search(data) or _PICTURE.search(data):
        return True
    # Few bytes may be a stream without a header by chance.
    streams = [(data, -zlib.MAX_WBITS)] if len(data) >= _LEAST_STREAM else []
    streams += [(data[match.start() :], zlib.MAX_WBITS) for match in _ZLIB.finditer(data)]
    return any(_is_deflated(stream, window) for stream, window in streams)


def _is_deflated(data: bytes, window: int) -> bool:
    """Whether the bytes begin with a whole compressed stream. Random bytes are none by chance."""
    inflater = zlib.decompressobj(window)
    try:
        text = inflater.decompress(data, _MOST_INFLATED)
    except zlib.error:
        return False
    is_whole = inflater.eof and (window > 0 or not inflater.unused_data)
    return bool(inflater.unconsumed_tail) or (is_whole and bool(text))
