"""Usage from the command line and the clients."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from chancery import AsyncChancery, Chancery
from chancery.cli import main

KEY = "key-of-tax"
ROW = {
    "month": "2026-11",
    "department": "tax",
    "task": "summarize",
    "model": "deepseek",
    "documents": 12,
    "pages": 40,
    "prompt_tokens": 34000,
    "cost_per_document": 0.054,
    "a_later_column": 1,
}
CSV = "month,department\r\n2026-11,tax\r\n"


def report() -> web.Response:
    return web.json_response({"department": "tax", "months": [ROW], "currency": "CNY"})


def table() -> web.Response:
    return web.Response(text=CSV, content_type="text/csv")


def run(server: Any, *words: str) -> Result:
    known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY}
    return CliRunner().invoke(main, ["usage", *words], env=known)


def test_usage_is_a_table(server: Any) -> None:
    server.answers = [report]
    result = run(server, "--from", "2026-11-01", "--to", "2026-11-30")
    assert result.exit_code == 0, result.output
    assert dict(server.requests[0].query) == {"from": "2026-11-01", "to": "2026-11-30"}
    header, line = result.stdout.splitlines()
    assert header.split()[:3] == ["MONTH", "TASK", "MODEL"]
    assert line.split()[:6] == ["2026-11", "summarize", "deepseek", "12", "40", "34000"]


def test_csv_is_passed_on_as_the_api_writes_it(server: Any) -> None:
    server.answers = [table]
    assert run(server, "--csv").stdout_bytes.decode() == CSV
    assert dict(server.requests[0].query) == {"format": "csv"}


def test_json_has_one_row_a_line(server: Any) -> None:
    server.answers = [report]
    (line,) = run(server, "--json").stdout.splitlines()
    assert json.loads(line)["documents"] == 12


@pytest.mark.parametrize("words", [("--from", "soon"), ("--csv", "--json")])
def test_wrong_options_are_refused_before_any_call(server: Any, words: tuple[str, ...]) -> None:
    assert run(server, *words).exit_code == 2
    assert server.requests == []


async def test_both_clients_return_the_report(server: Any) -> None:
    server.answers = [report, table]
    async with AsyncChancery(server.url, KEY) as chancery:
        found = await chancery.usage(date(2026, 11, 1))
        assert (found.currency, found.months[0].cost_per_document) == ("CNY", 0.054)
        assert await chancery.usage_csv() == CSV


def test_the_blocking_client_returns_the_report(server: Any) -> None:
    server.answers = [report]
    with Chancery(server.url, KEY) as chancery:
        assert chancery.usage().months[0].model == "deepseek"
