"""Flower in a browser, as an operator uses it.

`CHANCERY_SCREENSHOT=docs/images/flower.png` saves a screenshot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chancery import Chancery, Job
from standin.engine_process import running_standin
from tests.programs import require_program
from tests.system.one_machine import Up, started_up

SCREENSHOT = "CHANCERY_SCREENSHOT"
QUIET_BROWSER = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WORDS = "The mayor opens the new bridge on Friday."


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with (
        running_standin() as engine,
        started_up(tmp_path_factory.mktemp("up"), engine_url=engine.url) as up,
    ):
        up.wait_for("ready")
        yield up


@pytest.fixture(scope="module")
def finished(up: Up) -> Job:
    """A finished summary, submitted after other jobs."""
    labels = [{"name": "complaint"}, {"name": "question"}]
    schema = {"type": "object", "properties": {"day": {"type": "string"}}}
    with Chancery(up.api_url, up.create_department("tax")["api_key"]) as chancery:
        jobs = [
            chancery.submit("classify", text=WORDS, options={"labels": labels}),
            chancery.submit("extract", text=WORDS, options={"json_schema": schema}),
            chancery.submit("summarize", text=WORDS),
        ]
        done = [chancery.wait(job.id, timeout=60) for job in jobs]
    assert done[-1].status == "succeeded"
    return done[-1]


@pytest.fixture(scope="module")
def login(up: Up) -> tuple[str, str]:
    user, _, password = (up.data_dir / "flower-login").read_text().strip().partition(":")
    return user, password


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require_program("chromium"), args=list(QUIET_BROWSER)
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, login: tuple[str, str]) -> Iterator[Page]:
    """A page of a browser that has logged in."""
    user, password = login
    context = browser.new_context(
        http_credentials={"username": user, "password": password},
        viewport={"width": 1280, "height": 640},
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/tasks"])
def test_every_page_requires_the_login(up: Up, path: str) -> None:
    assert httpx.get(up.flower_url + path).status_code == 401
    assert httpx.get(up.flower_url + path, auth=("operator", "guess")).status_code == 401


@pytest.mark.needs("chromium")
def test_an_operator_finds_a_finished_summary_under_its_name(
    up: Up, finished: Job, page: Page
) -> None:
    page.goto(f"{up.flower_url}/tasks")
    row = page.locator("#tasks-table tbody tr").filter(has_text=finished.id)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("chancery.summarize")
    expect(row).to_contain_text("SUCCESS")
    expect(row).to_contain_text("succeeded")
    if screenshot := os.environ.get(SCREENSHOT):
        page.screenshot(path=Path(screenshot))


@pytest.mark.needs("chromium")
def test_an_operator_sees_worker_and_courier(up: Up, page: Page) -> None:
    page.goto(f"{up.flower_url}/workers")
    table = page.locator("#workers-table")
    expect(table).to_contain_text("worker@")
    expect(table).to_contain_text("courier@")


def test_flower_has_the_job_id_and_no_document_content(
    up: Up, finished: Job, login: tuple[str, str]
) -> None:
    tasks = httpx.get(f"{up.flower_url}/api/tasks", auth=login)
    (task,) = [task for task in tasks.json().values() if finished.id in str(task["args"])]
    assert task["name"] == "chancery.summarize"
    assert task["args"].strip("(),'") == finished.id
    assert task["kwargs"] == "{}"
    assert "mayor" not in tasks.text
