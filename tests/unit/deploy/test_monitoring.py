"""Alerts and dashboards: every expression is valid and uses metrics and labels that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from jobs.health.problem_types import PROBLEM_TYPES
from tests.unit.api.metrics.example import catalogue

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS, GRAFANA = ROOT / "deploy/prometheus", ROOT / "deploy/grafana"
OPERATIONS = (ROOT / "docs/operations.md").read_text()
# What Prometheus itself adds.
SCRAPE = {"job", "instance"}
BY_PROMETHEUS = {"up": frozenset[str]()}
DASHBOARDS = ("fleet", "night", "callbacks", "department")
SELECTORS = (promql_parser.VectorSelector, promql_parser.MatrixSelector)


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((GRAFANA / f"{name}.json").read_text())
    return content


def expressions(name: str) -> Iterator[str]:
    for panel in dashboard(name)["panels"]:
        for target in panel.get("targets", ()):
            # The variables of Grafana.
            expr = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
            yield expr.replace("$department", "tax")


def nodes(expression: Any) -> Iterator[Any]:
    """The expression and all within it."""
    yield expression
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        inner = getattr(expression, name, None)
        if isinstance(inner, promql_parser.Expr) or inner.__class__.__name__ == "VectorSelector":
            yield from nodes(inner)
    for inner in getattr(expression, "args", None) or ():
        yield from nodes(inner)


def check(text: str) -> int:
    """Fails for an unknown metric or label; returns how many selectors the expression has."""
    known = {**catalogue(), **BY_PROMETHEUS}
    found, labels = list(nodes(promql_parser.parse(text))), set(SCRAPE)
    selectors = [each for each in found if isinstance(each, promql_parser.VectorSelector)]
    for selector in selectors:
        assert selector.name in known, f"no metric {selector.name}: {text}"
        own = known[selector.name] | SCRAPE
        labels |= own
        used = {matcher.name for matcher in selector.matchers.matchers}
        assert used <= own, f"{selector.name} has no label {used - own}: {text}"
    for each in found:
        if isinstance(each, promql_parser.AggregateExpr) and each.modifier is not None:
            grouped = set(each.modifier.labels)
            assert grouped <= labels, f"no label {grouped - labels}: {text}"
    return len(selectors)


def anchors() -> set[str]:
    """The anchors of the headings of docs/operations.md, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", OPERATIONS, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_uses_what_exists_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert check(rule["expr"]) > 0
    assert rule["labels"]["severity"] in {"warning", "critical"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/operations.md"
    targets = set(PROBLEM_TYPES) if anchor == "{{ $labels.code }}" else {anchor}
    assert targets <= anchors()


def test_every_rule_has_a_test_that_fires_and_one_that_does_not() -> None:
    tests = yaml.safe_load((PROMETHEUS / "alerts.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    fires = {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
    assert fires == quiet == {rule["alert"] for rule in rules()}
    for test in tests:
        for series in test["input_series"]:
            check(series["series"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_uses_what_exists(name: str) -> None:
    assert sum(check(expression) for expression in expressions(name)) > 10
    panels = dashboard(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({dashboard(each)["uid"] for each in DASHBOARDS}) == len(DASHBOARDS)


def test_the_dashboards_show_every_metric_of_the_system() -> None:
    """A metric that no operator sees is not worth its cost."""
    shown = " ".join(expression for name in DASHBOARDS for expression in expressions(name))
    families = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in catalogue()
        if name.startswith("chancery_") and not name.endswith("_created")
    }
    missing = {name for name in families if not re.search(rf"\b{name}(_bucket|_count)?\b", shown)}
    assert missing == NOT_SHOWN


# On other pages, or the same from another side.
NOT_SHOWN = {
    "chancery_problem_start_time_seconds",
    "chancery_process_start_time_seconds",
    "chancery_fast_engine_healthy",
    "chancery_claims_lost_total",
    "chancery_cascade_doubts_total",
    "chancery_disk_size_bytes",
    "chancery_disk_writable",
}


def test_an_unknown_metric_or_label_is_found() -> None:
    with pytest.raises(AssertionError, match="no metric"):
        check("sum(rate(chancery_jobs_total[5m]))")
    with pytest.raises(AssertionError, match="no label"):
        check('chancery_jobs{task="summarize"}')
    with pytest.raises(AssertionError, match="no label"):
        check("sum by (lane) (chancery_jobs)")
