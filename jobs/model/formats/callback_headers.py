"""Which header fields operators may add to callbacks."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,4000}[\x21-\x7e])?")
# Set by the courier or by HTTP itself.
_RESERVED = re.compile(
    r"(webhook|chancery|content|proxy|sec)-.*|host|user-agent|connection|keep-alive|te|trailer|"
    r"transfer-encoding|upgrade|expect|date|accept-encoding"
)


def is_header_name(name: str) -> bool:
    """Whether it is the name of a header field, in lower case."""
    return _NAME.fullmatch(name) is not None


def is_reserved_header(name: str) -> bool:
    """Whether Chancery or HTTP itself sets this field."""
    return _RESERVED.fullmatch(name) is not None


def is_header_value(text: str) -> bool:
    """Whether it is printable ASCII without spaces around it."""
    return _VALUE.fullmatch(text) is not None
