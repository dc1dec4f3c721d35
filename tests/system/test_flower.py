"""Flower in a browser, as an operator uses it.

`CHANCERY_SCREENSHOT=docs/images/flower.png` saves a screenshot.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from chancery import Chancery, Job
from standin.engine_process import StandInControl, running_standin
from tests.programs import require_program
from tests.system.one_machine import Up, started_up, until

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
def engine() -> Iterator[StandInControl]:
    with running_standin() as engine:
        yield engine


@pytest.fixture(scope="module")
def up(engine: StandInControl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with started_up(tmp_path_factory.mktemp("up"), engine_url=engine.url) as up:
        up.wait_for("ready: ")
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
    assert httpx.get(up.flower_url + path, timeout=30).status_code == 401
    guess = ("operator", "guess")
    assert httpx.get(up.flower_url + path, auth=guess, timeout=30).status_code == 401


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
    tasks = httpx.get(f"{up.flower_url}/api/tasks", auth=login, timeout=30)
    (task,) = [task for task in tasks.json().values() if finished.id in str(task["args"])]
    assert task["name"] == "chancery.summarize"
    assert task["args"].strip("(),'") == finished.id
    assert task["uuid"] == finished.id
    assert task["kwargs"] == "{}"
    assert "mayor" not in tasks.text


@pytest.fixture(scope="module")
def chancery(up: Up) -> Iterator[Chancery]:
    with Chancery(up.api_url, up.create_department("parks")["api_key"]) as chancery:
        yield chancery


@pytest.fixture
def held(engine: StandInControl) -> Iterator[None]:
    """The engine answers nothing until the test ends."""
    engine.control(mode="hang")
    yield
    engine.control(mode="ok")


@pytest.fixture
def refusing(engine: StandInControl) -> Iterator[None]:
    """The engine refuses each job's own request until the test ends."""
    engine.control(mode="400")
    yield
    engine.control(mode="ok")


def test_flower_knows_all_queues_before_it_has_asked_the_workers(
    up: Up, login: tuple[str, str]
) -> None:
    page = httpx.get(f"{up.flower_url}/broker", auth=login, timeout=30).text
    assert all(queue in page for queue in ("interactive", "bulk", "callbacks")), page


@pytest.mark.needs("chromium")
@pytest.mark.usefixtures("refusing")
def test_a_failed_job_is_a_failure_with_its_code(up: Up, chancery: Chancery, page: Page) -> None:
    refused = chancery.submit("summarize", text=WORDS)
    job = chancery.wait(refused.id, timeout=30)
    assert job.status == "failed"
    _wait_for_state(up, page, job.id, "FAILURE")
    page.goto(f"{up.flower_url}/task/{job.id}")
    assert job.error is not None
    expect(page.locator("body")).to_contain_text(job.error["type"].removeprefix("/problems/"))
    page.goto(f"{up.flower_url}/tasks?state=FAILURE")
    expect(page.locator("#tasks-table")).to_contain_text(job.id)


@pytest.mark.needs("chromium")
@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("terminate", [False, True])
def test_revoke_and_terminate_cancel_the_job(
    up: Up, chancery: Chancery, page: Page, login: tuple[str, str], *, terminate: bool
) -> None:
    job = chancery.submit("summarize", text=WORDS)
    _wait_for_state(up, page, job.id, "STARTED")
    answer = httpx.post(
        f"{up.flower_url}/api/task/revoke/{job.id}",
        params={"terminate": str(terminate).lower()},
        auth=login,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert chancery.wait(job.id, timeout=30).status == "cancelled"
    _wait_for_state(up, page, job.id, "REVOKED")
    again = chancery.submit("summarize", text=f"{WORDS} Again.")
    _wait_for_state(up, page, again.id, "STARTED")
    chancery.cancel(again.id)


@pytest.mark.needs("chromium")
@pytest.mark.usefixtures("held")
def test_a_batch_is_a_row_with_its_waiting_lines(
    up: Up, chancery: Chancery, page: Page, login: tuple[str, str]
) -> None:
    lines = [
        {
            "custom_id": str(number),
            "method": "POST",
            "url": "/v1/jobs",
            "body": {"task": "summarize", "input": {"text": f"{WORDS} {number}"}},
        }
        for number in range(200)
    ]
    file = chancery.upload_file("\n".join(map(json.dumps, lines)).encode(), "lines.jsonl")
    batch = chancery.submit_batch(file.id)
    row = _wait_for_state(up, page, batch.id, "STARTED")
    expect(row).to_contain_text("chancery.batch")
    shown = httpx.URL(f"{up.flower_url}/api/task/info/{batch.id}")
    until(lambda: "'waiting': 200" in httpx.get(shown, auth=login, timeout=30).text, 20)
    chancery.cancel_batch(batch.id)


def test_a_button_that_would_hold_jobs_is_refused(up: Up, login: tuple[str, str]) -> None:
    worker = next(name for name in _workers(up, login) if name.startswith("worker@"))
    answer = httpx.post(
        f"{up.flower_url}/api/worker/queue/cancel-consumer/{worker}",
        params={"queue": "interactive"},
        auth=login,
        timeout=30,
    )
    assert answer.status_code == 403
    assert "chancery pause" in answer.text


def _workers(up: Up, login: tuple[str, str]) -> list[str]:
    return list(httpx.get(f"{up.flower_url}/api/workers?refresh=1", auth=login, timeout=30).json())


def _wait_for_state(up: Up, page: Page, id_: str, state: str) -> Locator:
    """The row of a job, loaded again until it shows `state`: the page does not update itself."""
    row = page.locator("#tasks-table tbody tr").filter(has_text=id_).filter(has_text=state)
    for _ in range(40):
        page.goto(f"{up.flower_url}/tasks?search={id_}")
        page.wait_for_timeout(500)
        if row.count():
            break
    expect(row).to_have_count(1)
    return row
