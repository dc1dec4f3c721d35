"""Calls of functions in a process: by name, with pickled arguments and a result in JSON.

Pickle goes towards the process only. What a process sends back is JSON, because a process that a
document has taken over must not be able to run code in its parent.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection
from functools import lru_cache
from importlib import import_module
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from documents.errors import WorkError

PACKAGES = ("documents", "tasks", "jobs")
# The code of `tasks.errors.OutputError`: only a model's answer can have an unpaired surrogate.
_OUTPUT_INVALID = "output-invalid"


def name_of(function: Callable[..., Any], packages: Collection[str] = PACKAGES) -> str:
    """`MODULE:NAME` of a function. Raises `ValueError` if it is not at the top level of a module
    in `packages`.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    if "." in function.__qualname__ or function.__module__.partition(".")[0] not in packages:
        raise ValueError(f"{name} is not a function at the top level of {', '.join(packages)}")
    return name


def run(name: str, arguments: bytes) -> tuple[dict[str, Any], bytes | None]:
    """In the process: call a function. Returns the response, and the JSON of the result."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    args, kwargs = pickle.loads(arguments)  # noqa: S301 (from the parent, which made it)
    try:
        result = function(*args, **kwargs)
        return {}, _result_type(function).dump_json(result, by_alias=True, round_trip=True)
    except WorkError as error:
        return {"error": error.code, "detail": str(error)}, None
    except PydanticSerializationError as error:
        if "surrogates" not in str(error):
            raise
        detail = "The model's answer has an unpaired surrogate, which UTF-8 cannot encode."
        return {"error": _OUTPUT_INVALID, "detail": detail}, None


def result_of(function: Callable[..., Any], result: bytes) -> Any:
    """In the parent: the result from its JSON. Raises `ValueError` if it does not fit."""
    try:
        return _result_type(function).validate_json(result)
    except ValidationError as error:
        places = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False)[:3]]
        # Without the error's message, which quotes the result. `from None` for the same reason.
        raise ValueError(f"the result does not fit at {', '.join(places)}") from None


def error_of(code: str, detail: str) -> WorkError | None:
    """The error with this code; None if there is none in the modules that are loaded."""
    kind = _subclasses(WorkError).get(code)
    return kind(detail) if kind is not None else None


@lru_cache(256)
def _result_type(function: Callable[..., Any]) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(function)["return"])


def _subclasses(base: type[WorkError]) -> dict[str, type[WorkError]]:
    errors: dict[str, type[WorkError]] = {}
    for error in base.__subclasses__():
        errors |= {error.code: error} | _subclasses(error)
    return errors
