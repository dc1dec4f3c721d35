"""The console in a browser, as staff use it: by mouse, by keyboard, and checked by axe-core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

from standin.engine_process import StandInControl, running_standin
from tests.programs import require_program
from tests.system.console import (
    NUMBER,
    VIEWPORT,
    add_account,
    choose,
    new_session,
    notice,
    operate,
    press_until_focused,
    send,
    sign_in,
)
from tests.system.one_machine import Up, started_up
from tests.system.test_flower import QUIET_BROWSER

MISSING = "/console/nothing"
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
pytestmark = pytest.mark.needs("chromium")


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
    context = browser.new_context(locale="zh-CN", viewport=VIEWPORT)
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    check(page)
    sign_in(page, "zhang")
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


def check(page: Page) -> None:
    """No violation of axe-core's rules."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_person_masks_a_pdf_with_the_mouse(page: Page, up: Up) -> None:
    check(page)
    choose(page, up, "脱敏", ("通知.pdf", notice()))
    check(page)
    page.get_by_text("更多选项").click()
    page.get_by_label("使用大模型").select_option("no")
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    expect(page.get_by_role("heading", name="标记（共 1 处）")).to_be_visible()
    page.get_by_role("list").get_by_role("link", name="1", exact=True).click()  # to page 2
    page.wait_for_url("**?section=2#place-1")
    place = page.locator("svg a#place-1 rect")
    expect(place).to_be_visible()
    check(page)
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
    check(page)


def test_many_files_are_followed_together(page: Page, up: Up, engine: StandInControl) -> None:
    choose(page, up, "摘要", *[(f"{n}.txt", f"The bridge {n} opens.".encode()) for n in range(3)])
    engine.control(mode="hold")
    try:
        send(page)
        expect(page.get_by_role("heading", name="同批文件")).to_be_visible()
        expect(page.get_by_text("预计完成时间")).to_be_visible()
        check(page)
    finally:
        engine.control(mode="ok")
    expect(page.get_by_role("status")).to_contain_text("已完成 3 个，共 3 个", timeout=90_000)
    page.get_by_role("link", name="我的记录").click()
    expect(page.get_by_role("link", name="1.txt")).to_be_visible()
    check(page)


def test_a_hostile_document_stays_text(page: Page, up: Up) -> None:
    html = f"<p>{HOSTILE}</p><p>手机{NUMBER}</p>".encode()
    choose(page, up, "公开审查", (f"{HOSTILE}.html".replace("/", "_"), html + HOSTILE.encode()))
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")


def test_the_account_page_and_english(page: Page, up: Up) -> None:
    page.goto(f"{up.api_url}/console/account")
    check(page)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    check(page)
    page.get_by_role("link", name="中文").click()
    page.goto(f"{up.api_url}{MISSING}")
    check(page)


def test_without_script_the_page_of_a_job_is_loaded_again(browser: Browser, up: Up) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    sign_in(page, "li")
    choose(page, up, "文档解析", ("a.txt", b"Text."))
    send(page)
    expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)
    context.close()


def test_a_reviewer_corrects_a_result_and_approves_it(browser: Browser, up: Up) -> None:
    operate(up, "department", "approval", "tax", "--tasks", "summarize")
    context, page = new_session(browser, up, "li")
    choose(page, up, "摘要", ("通知.pdf", notice()))
    send(page)
    expect(page.get_by_role("status")).to_have_text("处理完成，等待审批", timeout=60_000)
    expect(page.get_by_role("heading", name="生成的文本")).to_have_count(0)
    page.get_by_role("link", name="审批", exact=True).click()
    check(page)
    page.locator("main").get_by_role("link").first.click()
    check(page)
    expect(page.locator("svg image")).to_be_visible()
    page.get_by_label("摘要", exact=True).fill("清河街道停水检修。")
    press_until_focused(page, page.get_by_role("button", name="批准"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("目前没有待审批的结果。")).to_be_visible()
    page.get_by_role("link", name="我的记录").click()
    page.locator("main").get_by_role("link", name="通知.pdf").first.click()
    expect(page.get_by_role("status")).to_have_text("已完成")
    expect(page.get_by_role("heading", name="生成的文本")).to_be_visible()
    expect(page.get_by_text("清河街道停水检修。").first).to_be_visible()
    context.close()


def test_an_operator_sees_what_is_wrong_without_losing_the_place(
    browser: Browser, up: Up, engine: StandInControl
) -> None:
    context, page = new_session(browser, up, "op")
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
    check(page)
    engine.control(mode="ok")
    press_until_focused(page, link)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="部门与暂停")).to_be_visible()
    context.close()


def test_an_operator_pauses_and_resumes_by_keyboard_and_cancels(browser: Browser, up: Up) -> None:
    context, page = new_session(browser, up, "op")
    page.get_by_role("link", name="部门与暂停").click()
    expect(page.locator("main img, main script")).to_have_count(0)
    page.get_by_label("部门", exact=True).select_option("tax")
    press_until_focused(page, page.get_by_role("button", name="暂停"))
    page.keyboard.press("Enter")
    resume = page.get_by_role("button", name="恢复")
    expect(resume).to_be_visible()
    check(page)
    press_until_focused(page, resume)
    page.keyboard.press("Enter")
    expect(resume).to_have_count(0)
    page.get_by_role("link", name="回调").click()
    page.get_by_role("button", name="查看").click()
    check(page)
    page.get_by_role("link", name="取消作业").click()
    page.get_by_label("作业或批次编号").fill(HOSTILE)
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("alert")).to_contain_text("没有这个作业")
    check(page)
    context.close()
