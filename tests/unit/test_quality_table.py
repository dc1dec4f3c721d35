"""`make quality`: one table; a measurement that fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from rich.console import Console

from bench.quality import __main__ as quality
from bench.quality.measure import CannotMeasure, Measure


def test_a_figure_meets_its_target_when_it_is_equal_or_better() -> None:
    assert Measure("t", "m", 1, 0.99, 0.99).met
    assert Measure("t", "m", 1, 0.98, 0.99).met is False
    assert Measure("t", "m", 1, 0, 0, lower_is_better=True).met
    assert Measure("t", "m", 1, 1, 0, lower_is_better=True).met is False
    assert Measure("t", "m", 1, 0.5).met is None


def test_the_modules_with_measurements_are_found() -> None:
    found = quality.names()
    assert "layout" in found
    assert not {"measure", "invented_facts", "official_paper", "official_papers"} & set(found)


@pytest.fixture
def fake_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four modules: one meets its target, one misses it, one raises, one lacks something here."""

    def module(name: str, *measures: Measure, ends: Exception | None = None) -> None:
        def measures_() -> Iterator[Measure]:
            yield from measures
            if ends is not None:
                raise ends

        made = ModuleType(f"bench.quality.{name}")
        made.measures = measures_  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, made.__name__, made)

    of_model = Measure("qa", "answers", 1, 0.1, 0.9, basis="model")
    module("good", Measure("parse", "equal", 1_200, 0.995, 0.99), of_model)
    module("missing", Measure("cite", "found", 10, 0.5, 0.99))
    module("broken", Measure("redact", "found", 3, 1.0, 1.0), ends=ValueError("no sample"))
    module("drawn", ends=CannotMeasure("no font"))
    monkeypatch.setattr(quality, "names", lambda: ["good", "missing", "broken", "drawn"])


@pytest.mark.usefixtures("fake_modules")
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (["good"], 0),
        (["missing"], 1),
        (["broken"], 1),
        (["drawn"], 0),
        ([], 1),
        (["good", "broken"], 1),
    ],
)
def test_a_missed_target_of_the_rules_or_an_exception_gives_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], status: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["quality", *asked])
    with pytest.raises(SystemExit) as ended:
        quality.main()
    assert ended.value.code == status


@pytest.mark.usefixtures("fake_modules")
def test_the_table_shows_every_figure_and_every_failure() -> None:
    console = Console(width=140)
    with console.capture() as shown:
        console.print(quality.table([quality.measure(name) for name in quality.names()]))
    text = shown.get()
    for words in ("1,200", "0.9950", "at least 0.9900", "model", "ValueError: no sample", "failed"):
        assert words in text
    for words in ("redact", "no font", "missing"):
        assert words in text


@pytest.mark.usefixtures("fake_modules")
def test_an_unknown_name_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["quality", "gold"])
    with pytest.raises(SystemExit) as ended:
        quality.main()
    assert ended.value.code == "unknown: gold. Measurements: good, missing, broken, drawn"
