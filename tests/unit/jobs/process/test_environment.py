"""Wrong and unknown variables of the environment."""

from __future__ import annotations

from typing import get_args

import pytest
from annotated_types import Ge, Gt
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.process.environment import read_or_exit, unknown_variables, wrong_settings
from jobs.process.settings import (
    ApiSettings,
    AuditSettings,
    BulkSettings,
    CascadeSettings,
    FlowerSettings,
    WorkerSettings,
)
from jobs.process.settings_table import variables


def lines(settings: type) -> list[str]:
    try:
        settings()
    except (ValidationError, SettingsError) as error:
        return list(wrong_settings(error))
    raise AssertionError("the settings were accepted")


def test_a_wrong_number_names_the_variable_its_value_and_what_is_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHANCERY_CONCURRENCY", "many")
    monkeypatch.setenv("CHANCERY_LEASE_SECONDS", "-1")
    first, second = lines(WorkerSettings)
    assert first.startswith("CHANCERY_CONCURRENCY is 'many': it must be a valid integer")
    assert second == "CHANCERY_LEASE_SECONDS is '-1': it must be greater than 0"


@pytest.mark.parametrize(
    ("name", "value", "settings", "expected"),
    [
        ("CHANCERY_AUDIT_KEY", "short", AuditSettings, ": it must have at least 32 characters"),
        ("CHANCERY_API_PORT", "99999", ApiSettings, "less than or equal to 65535"),
        ("CHANCERY_BULK_ZONE", "Mars/Base", BulkSettings, "CHANCERY_BULK_ZONE"),
        ("CHANCERY_TASK_MODELS", "classify=auto", CascadeSettings, "must be JSON"),
    ],
)
def test_other_wrong_values_name_their_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, settings: type, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    (line,) = lines(settings)
    assert name in line
    assert expected in line


def test_the_value_of_a_secret_is_not_shown() -> None:
    error = ValidationError.from_exception_data(
        FlowerSettings.__name__,
        [{"type": "string_type", "loc": ("login",), "input": "shown-nowhere"}],
    )
    (line,) = wrong_settings(error)
    assert line.startswith("CHANCERY_FLOWER_LOGIN: it must be")
    assert "shown-nowhere" not in line


def test_a_process_with_a_wrong_setting_ends_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_MAX_ATTEMPTS", "0")
    with pytest.raises(SystemExit, match="CHANCERY_MAX_ATTEMPTS is '0': it must be") as ended:
        read_or_exit(WorkerSettings)
    assert "\n" not in str(ended.value)


def test_an_unknown_variable_is_found_with_the_nearest_setting() -> None:
    environment = {
        "CHANCERY_CONCURENCY": "8",
        "CHANCERY_ZZZZZZZZZ": "1",
        "CHANCERY_CONCURRENCY": "8",
        "CHANCERY_API_KEY": "x",
        "CHANCERY_TEST_ANYTHING": "x",
        "HOME": "/",
    }
    assert list(unknown_variables(environment)) == [
        ("CHANCERY_CONCURENCY", "CHANCERY_CONCURRENCY"),
        ("CHANCERY_ZZZZZZZZZ", None),
    ]


# Bounded together with other changes to them.
ELSEWHERE = {
    "CHANCERY_INLINE_RESULT_MAX_BYTES",
    "CHANCERY_READ_PROCESSES",
    "CHANCERY_READ_TIMEOUT_SECONDS",
    "CHANCERY_READ_MEMORY_MIB",
}


def test_every_number_has_a_lower_bound() -> None:
    unbounded = {
        name
        for name, field in variables().items()
        if {int, float} & {field.annotation, *get_args(field.annotation)}
        and not any(isinstance(bound, Ge | Gt) for bound in field.metadata)
    }
    assert unbounded <= ELSEWHERE
