"""Reads settings from the environment, and says what is wrong there."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.process.settings_table import field_named, is_secret, variables

PREFIX = "CHANCERY_"
# Variables that are not settings: of the client, of the supervisor, of `make` and of Compose.
OTHER_VARIABLES = frozenset(
    PREFIX + name
    for name in (
        *("API_URL", "API_KEY", "ENGINE_HOME", "PROCESS_NAME", "TORCH_INDEX", "SCREENSHOT"),
        *("IMAGE", "REDIS_IMAGE", "ENGINE_IMAGE", "SECRETS", "TASKS", "MODEL", "MODELS", "GPUS"),
        *("MODEL_REPOSITORY", "ENGINE_ARGS", "ENGINE_SHM", "ENGINE_START_PERIOD", "HF_HUB_OFFLINE"),
        *("REDIS_MAXMEMORY", "REDIS_TLS"),
        *("PROMETHEUS_IMAGE", "GRAFANA_IMAGE", "GRAFANA_PORT"),
        *(
            f"{part}_MEMORY"
            for part in (
                *("REDIS", "ENGINE", "API", "WORKER", "COURIER", "SCHEDULER", "FLOWER"),
                *("PROMETHEUS", "GRAFANA"),
            )
        ),
    )
)
_TEST_PREFIX = PREFIX + "TEST_"
Settings = TypeVar("Settings")
log = structlog.get_logger()


def read_or_exit(settings: Callable[[], Settings]) -> Settings:
    """`settings()`; for a wrong variable, print one line for each and exit with status 1."""
    try:
        return settings()
    except (ValidationError, SettingsError) as error:
        sys.exit("\n".join(wrong_settings(error)))


def wrong_settings(error: ValidationError | SettingsError) -> Iterator[str]:
    """One line for each wrong variable: its name, its value unless it is secret, and what is
    expected.
    """
    if isinstance(error, SettingsError):  # a list or mapping that is not JSON
        name = str(error).partition('field "')[2].partition('"')[0]
        yield f"{_variable('', name)} cannot be read: it must be JSON, see docs/settings.md"
        return
    for problem in error.errors(include_url=False):
        expected = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:  # of several settings together; the message names them
            yield expected
            continue
        name = _variable(error.title, str(problem["loc"][0]))
        expected = expected.replace("Input should", "it must", 1)
        if problem["type"] == "too_short" and is_secret(name):  # pydantic takes it for a list
            expected = f"it must have at least {problem['ctx']['min_length']} characters"
        shown = "" if is_secret(name) else f" is {_shown(problem['input'])}"
        yield f"{name}{shown}: {expected}"


def unknown_variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """The variables that look like settings and are none, each with the nearest setting."""
    known = OTHER_VARIABLES | set(variables())
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_TEST_PREFIX):
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
            yield name, next(iter(nearest), None)


def unknown_variable(name: str, nearest: str | None) -> str:
    """A sentence on one of them."""
    advice = f"did you mean {nearest}?" if nearest else "docs/settings.md lists the settings"
    return f"{name} is not a setting: {advice}"


def warn_of_unknown_variables() -> None:
    """Log each of them in the environment of this process."""
    for name, nearest in unknown_variables(os.environ):
        log.warning("settings.unknown", variable=name, nearest=nearest)


def _variable(owner: str, name: str) -> str:
    return field_named(owner, name) or name


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
