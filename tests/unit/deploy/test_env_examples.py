"""The example files for docker-compose.yml name real variables, with values that are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.process.settings_table import settings_classes, variables

ROOT = Path(__file__).parents[3]
NEW = (
    "CHANCERY_API_METRICS_TOKEN",
    "CHANCERY_APPROVAL_WARN_HOURS",
    "CHANCERY_CONSOLE",
    "CHANCERY_ENGINE_WATTS",
    "CHANCERY_PRICE_PER_KWH",
)


def example(name: str) -> dict[str, str]:
    """The variables of an example file, those behind `#` too."""
    lines = (ROOT / name).read_text().splitlines()
    found = [re.fullmatch(r"#?([A-Z][A-Z0-9_]*)=(.*)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def test_the_example_of_env_has_only_variables_of_the_compose_file() -> None:
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert "CHANCERY_FLOWER_LOGIN" in example(".env.example")
    assert set(example(".env.example")) - used == set()


def test_the_example_of_settings_has_only_settings_with_valid_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = example("chancery.env.example")
    assert set(NEW) <= set(named)
    assert set(named) - set(variables()) == set()
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    for one in settings_classes():
        one()
