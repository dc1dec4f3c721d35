"""Short names for JSON in the ledger's records, where long ones would be half of the text.

Provenance and usage are stored with each job. `scripts/lib/batch_lines.lua` reads `m`.
"""

from __future__ import annotations

from typing import Any

# A name that is not here, such as one of a later release, stays as it is. Never give a name another
# short one: records have it.
_SHORT = {
    "task_version": "v",
    "model": "m",
    "input_sha256": "i",
    "requests": "n",
    "prompt_sha256": "p",
    "sampling": "s",
    "temperature": "t",
    "max_tokens": "x",
    "seed": "r",
    "seconds": "d",
    "engine_model": "em",
    "engine_version": "ev",
    "prompt_tokens": "pt",
    "completion_tokens": "ct",
    "cached_tokens": "kt",
    "reasoning_tokens": "rt",
    "engine_seconds": "es",
    "gpu_seconds": "gs",
    "joules": "j",
}
_LONG = {short: name for name, short in _SHORT.items()}


def shortened(value: Any) -> Any:
    """JSON's value with short names."""
    return _renamed(value, _SHORT)


def lengthened(value: Any) -> Any:
    """The value that `shortened` got. Names of format 1, which are long, stay."""
    return _renamed(value, _LONG)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _renamed(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return value
