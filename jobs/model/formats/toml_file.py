"""TOML files in which operators describe formats."""

from __future__ import annotations

import tomllib
from typing import Any

MOST_FILE_BYTES = 64 * 1024


class FormatError(ValueError):
    """The file is too large, or not TOML in UTF-8."""


def read_toml(data: bytes) -> dict[str, Any]:
    """The members of a file. Raises `FormatError`."""
    if len(data) > MOST_FILE_BYTES:
        raise FormatError(f"The file is larger than {MOST_FILE_BYTES // 1024} KiB.")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FormatError("The file is not UTF-8: save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"The file is not TOML: {error}") from error
    except RecursionError as error:
        raise FormatError("The file is nested too deep.") from error
