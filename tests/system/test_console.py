"""The console in a browser, as staff use it: by mouse, by keyboard, and checked by axe-core.

`CHANCERY_SCREENSHOTS=docs/images` saves pictures of the main pages.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    FilePayload,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from documents.document import BlockKind
from standin.documents.builders import as_pdf
from standin.engine_process import StandInControl, running_standin
from tests.programs import require_program
from tests.system.one_machine import Up, started_up
from tests.system.test_flower import QUIET_BROWSER

SCREENSHOTS = "CHANCERY_SCREENSHOTS"
PASSWORD = "the willows are early"
NUMBER = "13800138000"
MISSING = "/console/nothing"
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
pytestmark = pytest.mark.needs("chromium")


def pdf() -> bytes:
    """A notice of two pages, with a mobile number on the second."""
    heading, paragraph = BlockKind.heading, BlockKind.paragraph
    first = [(heading, "关于清河街道停水检修的通知"), (paragraph, "各社区居民委员会：")]
    text = "因供水管道检修，定于2026年3月5日8时至18时停水，请居民提前储水，并关好水龙头。"
    second = f"如有疑问，请致电值班手机{NUMBER}，工作人员将及时答复。"
    pages = [[*first, *[(paragraph, text)] * 12], [*[(paragraph, text)] * 4, (paragraph, second)]]
    return joined(*(as_pdf(content) for content in pages))


def joined(*files: bytes) -> bytes:
    """The pages of all files in one PDF."""
    data = io.BytesIO()
    with pikepdf.new() as whole:
        for file in files:
            with pikepdf.open(io.BytesIO(file)) as part:
                whole.pages.extend(part.pages)
        whole.save(data)
    return data.getvalue()


@pytest.fixture(scope="module")
def engine() -> Iterator[StandInControl]:
    with running_standin() as engine:
        yield engine


@pytest.fixture(scope="module")
def up(engine: StandInControl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    with started_up(folder, engine_url=engine.url) as up:
        assert f"console {up.api_url}/console" in up.wait_for("ready: ")
        up.create_department("tax")
        up.create_department("parks", "--display-name", HOSTILE[:30])
        for name, role in (("zhang", "staff"), ("li", "reviewer")):
            add_account(up, name, "--department", "tax", "--role", role)
        add_account(up, "op", "--role", "operator")
        yield up


def add_account(up: Up, name: str, *arguments: str) -> None:
    # As a process: playwright runs an event loop in this one.
    command = "from worker.commands.account import account; account()"
    argv = [sys.executable, "-c", command, "add", name, *arguments]
    argv += ["--data-dir", str(up.data_dir)]
    subprocess.run(argv, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require_program("chromium"), args=list(QUIET_BROWSER)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(browser: Browser, up: Up) -> Iterator[Page]:
    """A page whose person has signed in with the mouse."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    check(page, "sign-in")
    page.get_by_label("账号").fill("zhang")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="请选择要做的处理")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def page(session: Page) -> Iterator[Page]:
    """Fails on scripts that a document brought, and on what the page's policy blocked."""
    wrong: list[str] = []

    def dialog(one: Dialog) -> None:
        wrong.append(one.message)
        one.dismiss()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(MISSING):
            wrong.append(message.text)

    session.on("dialog", dialog)
    session.on("console", note)
    yield session
    session.remove_listener("dialog", dialog)
    session.remove_listener("console", note)
    assert wrong == []


def check(page: Page, name: str) -> None:
    """No violation of axe-core's rules; saves a picture of the page on request."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    if folder := os.environ.get(SCREENSHOTS):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(folder) / f"console-{name}.png")


def choose(page: Page, up: Up, task: str, *files: tuple[str, bytes]) -> None:
    page.goto(f"{up.api_url}/console/submit")
    page.get_by_role("link", name=task).first.click()
    page.get_by_label("文件", exact=True).set_input_files(
        [
            FilePayload(name=name, mimeType="application/octet-stream", buffer=data)
            for name, data in files
        ]
    )


def send(page: Page) -> None:
    page.get_by_label("我确认所选文件不含国家秘密和工作秘密").check()
    page.get_by_role("button", name="提交", exact=True).click()


def test_a_person_masks_a_pdf_with_the_mouse(page: Page, up: Up) -> None:
    check(page, "tasks")
    choose(page, up, "脱敏", ("通知.pdf", pdf()))
    check(page, "submit")
    page.get_by_text("更多选项").click()
    page.get_by_label("使用大模型").select_option("no")
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    expect(page.get_by_role("heading", name="标记（共 1 处）")).to_be_visible()
    page.get_by_role("list").get_by_role("link", name="1", exact=True).click()  # to page 2
    page.wait_for_url("**?section=2#place-1")
    place = page.locator("svg a#place-1 rect")
    expect(place).to_be_visible()
    check(page, "result")
    place.click()
    page.wait_for_url("**#finding-1")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载文件").click()
    data = download.value.path().read_bytes()
    assert data.startswith(b"%PDF")
    assert NUMBER.encode() not in data


def test_a_person_proofreads_a_text_with_the_keyboard_alone(page: Page, up: Up) -> None:
    choose(page, up, "校对", ("稿.txt", "会议定于2026年2月30日召开。。请准时参加。".encode()))
    box = page.get_by_label("我确认所选文件不含国家秘密和工作秘密")
    press_until_focused(page, box)
    page.keyboard.press("Space")
    press_until_focused(page, page.get_by_role("button", name="提交", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    expect(page.locator("mark").first).to_be_visible()
    press_until_focused(page, page.locator(".findings a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**#place-1")
    check(page, "text")


def test_many_files_are_followed_together(page: Page, up: Up, engine: StandInControl) -> None:
    choose(page, up, "摘要", *[(f"{n}.txt", f"The bridge {n} opens.".encode()) for n in range(3)])
    engine.control(mode="hold")
    try:
        send(page)
        expect(page.get_by_role("heading", name="同批文件")).to_be_visible()
        expect(page.get_by_text("预计完成时间")).to_be_visible()
        check(page, "group")
    finally:
        engine.control(mode="ok")
    expect(page.get_by_role("status")).to_contain_text("已完成 3 个，共 3 个", timeout=90_000)
    page.get_by_role("link", name="我的记录").click()
    expect(page.get_by_role("link", name="1.txt")).to_be_visible()
    check(page, "records")


def test_a_hostile_document_stays_text(page: Page, up: Up) -> None:
    html = f"<p>{HOSTILE}</p><p>手机{NUMBER}</p>".encode()
    choose(page, up, "公开审查", (f"{HOSTILE}.html".replace("/", "_"), html + HOSTILE.encode()))
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")


def test_the_account_page_and_english(page: Page, up: Up) -> None:
    page.goto(f"{up.api_url}/console/account")
    check(page, "account")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    check(page, "english")
    page.get_by_role("link", name="中文").click()
    page.goto(f"{up.api_url}{MISSING}")
    check(page, "problem")


def test_without_script_the_page_of_a_job_is_loaded_again(browser: Browser, up: Up) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    choose(page, up, "文档解析", ("a.txt", b"Text."))
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    context.close()


def test_a_reviewer_corrects_a_result_and_approves_it(browser: Browser, up: Up) -> None:
    command = "from worker.commands.department import department; department()"
    argv = [sys.executable, "-c", command, "approval", "tax", "--tasks", "summarize"]
    argv += ["--data-dir", str(up.data_dir)]
    subprocess.run(argv, check=True, capture_output=True)
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    choose(page, up, "摘要", ("通知.pdf", pdf()))
    send(page)
    expect(page.get_by_role("status")).to_have_text("处理完成，等待审批", timeout=60_000)
    expect(page.get_by_role("heading", name="文字结果")).to_have_count(0)
    page.get_by_role("link", name="审批", exact=True).click()
    check(page, "approvals")
    page.locator("main").get_by_role("link").first.click()
    check(page, "approval")
    expect(page.locator("svg image")).to_be_visible()
    page.get_by_label("/summary", exact=True).fill("清河街道停水检修。")
    press_until_focused(page, page.get_by_role("button", name="批准"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("目前没有待审批的结果。")).to_be_visible()
    page.get_by_role("link", name="我的记录").click()
    page.locator("main").get_by_role("link", name="通知.pdf").first.click()
    expect(page.get_by_role("status")).to_have_text("已完成")
    expect(page.get_by_text("清河街道停水检修。")).to_be_visible()
    context.close()


def test_an_operator_sees_what_is_wrong_without_losing_the_place(
    browser: Browser, up: Up, engine: StandInControl
) -> None:
    context, page = operator(browser, up)
    expect(page.get_by_role("heading", name="系统健康")).to_be_visible()
    link = page.get_by_role("link", name="部门与暂停")
    before = page.locator("main time").first.text_content() or ""
    region = page.get_by_role("region", name="进程与磁盘")
    region.focus()
    page.evaluate("scrollTo(0, 300)")
    place = page.evaluate("scrollY")
    expect(page.locator("main time").first).not_to_have_text(before, timeout=10_000)
    expect(region).to_be_focused()
    assert page.evaluate("scrollY") == place
    engine.control(mode="unhealthy")
    expect(page.get_by_text("docs/operations.md#engine-").first).to_be_visible(timeout=15_000)
    check(page, "health")
    engine.control(mode="ok")
    press_until_focused(page, link)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="部门与暂停")).to_be_visible()
    context.close()


def test_an_operator_pauses_and_resumes_by_keyboard_and_cancels(browser: Browser, up: Up) -> None:
    context, page = operator(browser, up)
    page.get_by_role("link", name="部门与暂停").click()
    expect(page.locator("main img, main script")).to_have_count(0)
    page.get_by_label("部门", exact=True).select_option("tax")
    press_until_focused(page, page.get_by_role("button", name="暂停"))
    page.keyboard.press("Enter")
    resume = page.get_by_role("button", name="恢复")
    expect(resume).to_be_visible()
    check(page, "departments")
    press_until_focused(page, resume)
    page.keyboard.press("Enter")
    expect(resume).to_have_count(0)
    page.get_by_role("link", name="回调").click()
    page.get_by_role("button", name="查看").click()
    check(page, "callbacks")
    page.get_by_role("link", name="取消作业").click()
    page.get_by_label("作业或批次编号").fill(HOSTILE)
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("alert")).to_contain_text("没有这个作业")
    check(page, "cancel")
    context.close()


def operator(browser: Browser, up: Up) -> tuple[BrowserContext, Page]:
    """A page whose operator has signed in."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    page.get_by_label("账号").fill("op")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    return context, page


def press_until_focused(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not reach it")
