"""Usage by month, with its energy and cost."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest

from jobs.ledger.statistics import DayOfUse
from jobs.ledger.task_use import ModelUse, ending_amounts, models_of, tasks_of
from jobs.model.job import RunUsage, Usage
from jobs.model.provenance import Provenance
from jobs.model.roles import Role
from jobs.process.settings import PriceSettings
from jobs.usage import by_month, to_csv

PRICES = PriceSettings(per_kwh=0.8, per_gpu_hour=10.0)
USAGE = Usage(1000, 200, 300, 8.0, 50, 36.0, 36_000.0)
PART = ModelUse("summarize", Role.full, "deepseek", documents=2, pages=7, usage=USAGE)


def day(number: int, *parts: ModelUse, month: int = 11) -> DayOfUse:
    return DayOfUse(date(2026, month, number), {}, 0, 0, 0, 0.0, {}, parts)


def test_days_of_a_month_are_one_row_by_task_and_model() -> None:
    none = ModelUse("parse", None, "", documents=3, pages=30)
    days = {"tax": [day(1, PART), day(30, PART, none), day(1, PART, month=12)]}
    november, parsed, december = by_month(days, PRICES)[1], *by_month(days, PRICES)[::2]
    assert (november.month, november.department, november.task) == ("2026-11", "tax", "summarize")
    assert (november.documents, november.pages, november.prompt_tokens) == (4, 14, 2000)
    assert (november.cached_tokens, november.reasoning_tokens) == (600, 100)
    assert (december.month, december.documents) == ("2026-12", 2)
    assert (parsed.model, parsed.documents, parsed.pages, parsed.cost) == (None, 3, 30, None)


def test_energy_and_cost_are_per_document() -> None:
    (row,) = by_month({"tax": [day(1, PART)]}, PRICES)
    # 36 kJ are 0.01 kWh; 36 s of a GPU are 0.01 hours.
    assert row.energy_kwh == pytest.approx(0.01)
    assert row.wh_per_document == pytest.approx(5)
    assert row.cost == pytest.approx(0.01 * 0.8 + 0.01 * 10)
    assert row.cost_per_document == pytest.approx(0.054)


def test_what_is_not_known_is_null_and_not_zero() -> None:
    unmeasured = replace(PART, usage=replace(USAGE, joules=0.0))
    (row,) = by_month({"tax": [day(1, unmeasured)]}, PriceSettings())
    assert (row.energy_kwh, row.wh_per_document, row.cost, row.cost_per_document) == (None,) * 4
    (failed,) = by_month({"tax": [day(1, replace(PART, documents=0))]}, PRICES)
    assert failed.cost == pytest.approx(0.108)
    assert failed.cost_per_document is None


def test_csv_has_one_line_for_each_row() -> None:
    rows = by_month({"tax": [day(1, PART)], "health": [day(2, PART)]}, PRICES)
    read = list(csv.DictReader(StringIO(to_csv(rows), newline="")))
    assert [line["department"] for line in read] == ["health", "tax"]
    assert read[0]["documents"] == "2"
    assert read[0]["cost_per_document"] == "0.054"


def test_a_model_s_name_is_no_formula_for_a_spreadsheet() -> None:
    rows = by_month({"tax": [day(1, replace(PART, model="=1+1"))]}, PRICES)
    (line,) = csv.DictReader(StringIO(to_csv(rows), newline=""))
    assert line["model"] == "'=1+1"


def test_each_engines_usage_is_counted_under_its_model() -> None:
    fast, full = Usage(100, 10, 0, 1.0, 0, 0.5, 5.0), Usage(100, 20, 60, 2.0, 7, 1.5, 9.0)
    used = RunUsage(fast + full, fast, {Role.fast: "small:8b", Role.full: "large"})
    origin = Provenance("1", "large", "0" * 64, escalated=True, doubts=("too-long",))
    amounts = ending_amounts("extract", used, origin, 3, succeeded=True)
    record = {name: str(amount) for name, amount in amounts.items()}
    assert models_of(record) == [
        ModelUse("extract", Role.fast, "small:8b", 0, 0, fast),
        ModelUse("extract", Role.full, "large", 1, 3, full),
    ]
    assert (tasks_of(record)["extract"].fast, tasks_of(record)["extract"].full) == (fast, full)


def test_a_failed_job_is_no_document() -> None:
    used = RunUsage(Usage(100, 10, 0, 1.0), models={Role.full: "large"})
    amounts = ending_amounts("extract", used, None, 3, succeeded=False)
    (part,) = models_of({name: str(amount) for name, amount in amounts.items()})
    assert (part.documents, part.pages, part.usage.prompt_tokens) == (0, 0, 100)


def test_days_of_an_earlier_release_have_usage_by_task() -> None:
    record = {"task:extract:full:prompt_tokens": "9", "task:extract:jobs_succeeded": "1"}
    assert tasks_of(record)["extract"].full == Usage(9)
    assert models_of(record) == []
