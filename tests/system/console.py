"""The console's pages as people use them: what the tests and the pictures of the docs share."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence

import pikepdf
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    ViewportSize,
)

from documents.document import BlockKind
from standin.documents.builders import as_pdf
from tests.system.one_machine import Up

PASSWORD = "the willows are early"
NUMBER = "13800138000"
VIEWPORT = ViewportSize(width=1280, height=860)
_COMMANDS = {
    "account": "from worker.commands.account import account as command",
    "department": "from worker.commands.department import department as command",
    "pause": "from worker.commands.pause import pause as command",
}


def notice() -> bytes:
    """A notice of two pages as PDF, with a mobile number on the second."""
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


def operate(up: Up, command: str, *arguments: str, stdin: str = "") -> None:
    """Run one of the operators' commands on the system."""
    # As a process: playwright runs an event loop in this one.
    argv = [sys.executable, "-c", f"{_COMMANDS[command]}; command()", *arguments]
    argv += ["--data-dir", str(up.data_dir)]
    subprocess.run(argv, input=stdin, text=True, check=True, capture_output=True)


def add_account(up: Up, name: str, *arguments: str) -> None:
    operate(up, "account", "add", name, *arguments, stdin=f"{PASSWORD}\n")


def new_session(
    browser: Browser, up: Up, name: str, locale: str = "zh-CN"
) -> tuple[BrowserContext, Page]:
    """A new browser session in which the account has signed in."""
    context = browser.new_context(locale=locale, viewport=VIEWPORT)
    page = context.new_page()
    page.goto(f"{up.api_url}/console")
    sign_in(page, name)
    return context, page


def sign_in(page: Page, name: str) -> None:
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.locator("nav").wait_for()


def choose(page: Page, up: Up, task: str, *files: tuple[str, bytes]) -> None:
    page.goto(f"{up.api_url}/console/submit")
    page.get_by_role("link", name=task).first.click()
    page.get_by_label("文件", exact=True).set_input_files(payloads(files))


def payloads(files: Sequence[tuple[str, bytes]]) -> list[FilePayload]:
    return [
        FilePayload(name=name, mimeType="application/octet-stream", buffer=data)
        for name, data in files
    ]


def send(page: Page) -> None:
    page.get_by_label("我确认所选文件不含国家秘密和工作秘密").check()
    page.get_by_role("button", name="提交", exact=True).click()


def press_until_focused(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not reach it")
