"""Makes the pictures of the console in the documentation.

    python -m tests.screenshots [FOLDER]

Starts the whole system with a stand-in engine, uses each page as a person would, and writes
`FOLDER/console-NAME.png` (default: docs/images). Needs Chromium. Takes about a minute.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from chancery import Chancery
from standin.engine_process import CHECKOUT, StandInControl, running_standin
from tests.programs import find_program
from tests.system.console import (
    VIEWPORT,
    add_account,
    choose,
    new_session,
    notice,
    operate,
    send,
)
from tests.system.one_machine import Up, started_up
from tests.system.test_flower import QUIET_BROWSER

MOST_BYTES = 150_000
COLOURS = 64
TALL = ViewportSize(width=VIEWPORT["width"], height=1400)
NOBODY_LISTENS = "http://127.0.0.1:9/hooks/chancery"
DRAFT = "会议定于2026年2月30日召开。。请各单位准时参加。\n联系人按时间节点报送材料，逾期不侯。"
SUMMARY = {
    "sentences": [
        {"text": "清河街道定于2026年3月5日8时至18时停水检修供水管道。", "sources": [3]},
        {"text": "居民应提前储水，并关好水龙头。", "sources": [3]},
    ]
}


@dataclass(slots=True)
class Album:
    """Writes pictures into `folder`."""

    folder: Path
    up: Up
    engine: StandInControl
    browser: Browser

    def picture(self, page: Page, name: str) -> None:
        """Save what the window shows. Raises `ValueError` if the file gets too large."""
        page.wait_for_load_state("networkidle")  # the pictures of pages
        page.evaluate("scrollTo(0, 0)")
        data = io.BytesIO()
        with Image.open(io.BytesIO(page.screenshot())) as image:
            # Text in few colours needs no dithering, which would multiply the size.
            few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(data, "PNG", optimize=True)
        if data.tell() > MOST_BYTES:
            raise ValueError(f"console-{name}.png has {data.tell()} bytes, over {MOST_BYTES}")
        path = self.folder / f"console-{name}.png"
        path.write_bytes(data.getvalue())
        sys.stdout.write(f"{path} {data.tell()}\n")

    @contextmanager
    def session(self, name: str) -> Iterator[Page]:
        context, page = new_session(self.browser, self.up, name)
        yield page
        context.close()

    def in_english(self, page: Page, name: str) -> None:
        page.get_by_role("link", name="English").click()
        self.picture(page, f"{name}-en")
        page.get_by_role("link", name="中文").click()

    def sign_in(self) -> None:
        context = self.browser.new_context(locale="zh-CN", viewport=VIEWPORT)
        page = context.new_page()
        page.goto(f"{self.up.api_url}/console")
        self.picture(page, "sign-in")
        context.close()

    def staff(self) -> None:
        with self.session("zhang") as page:
            self.picture(page, "tasks")
            self.in_english(page, "tasks")
            choose(page, self.up, "脱敏", ("停水通知.pdf", notice()))
            self.picture(page, "submit")
            page.get_by_text("更多选项").click()
            page.get_by_label("使用大模型").select_option("no")
            self._send_and_wait(page)
            page.locator(".findings a").first.click()
            page.locator("svg a#place-1 rect").wait_for()
            self.picture(page, "result")
            self.in_english(page, "result")
            choose(page, self.up, "校对", ("会议通知.txt", DRAFT.encode()))
            self._send_and_wait(page)
            self.picture(page, "text")
            self._folder(page)
            page.get_by_role("link", name="我的记录").click()
            self.picture(page, "records")
            page.goto(f"{self.up.api_url}/console/account")
            self.picture(page, "account")

    def _send_and_wait(self, page: Page) -> None:
        send(page)
        expect(page.get_by_role("status")).to_have_text("已完成", timeout=60_000)

    def _folder(self, page: Page) -> None:
        letters = {f"来信{number}.txt": f"来信{number}：路灯不亮。" for number in range(1, 7)}
        files = [(name, text.encode()) for name, text in letters.items()]
        choose(page, self.up, "摘要", *files)
        self.engine.control(mode="hold")
        send(page)
        page.get_by_text("预计完成时间").wait_for()
        self.picture(page, "group")
        self.engine.control(mode="ok")
        expect(page.get_by_role("status")).to_contain_text("已完成 6 个", timeout=90_000)

    def reviewer(self) -> None:
        operate(self.up, "department", "approval", "tax", "--tasks", "summarize")
        self.engine.control(answer=json.dumps(SUMMARY, ensure_ascii=False))
        with self.session("li") as page:
            choose(page, self.up, "摘要", ("停水通知.pdf", notice()))
            send(page)
            expect(page.get_by_role("status")).to_have_text("处理完成，等待审批", timeout=60_000)
            page.get_by_role("link", name="审批", exact=True).click()
            self.picture(page, "approvals")
            page.locator("main").get_by_role("link").first.click()
            page.set_viewport_size(TALL)
            self.picture(page, "approval")
        self.engine.control(answer=None)

    def operator(self, chancery: Chancery) -> None:
        job = chancery.submit("summarize", text="Text.", callback_url=NOBODY_LISTENS)
        chancery.cancel(job.id)
        self.engine.control(mode="unhealthy")
        lines = [_line(number) for number in range(200)]
        file = chancery.upload_file("".join(lines).encode(), "letters.jsonl")
        batch = chancery.submit_batch(file.id, endpoint="/v1/chat/completions")
        operate(self.up, "pause", "--department", "parks", "--lane", "bulk")
        with self.session("op") as page:
            page.set_viewport_size(TALL)
            for code in ("engine-failing", "receiver-failing", "batch-stalled"):
                page.get_by_text(f"#{code}").first.wait_for(timeout=60_000)
            self.picture(page, "health")
            self.in_english(page, "health")
            page.set_viewport_size(VIEWPORT)
            page.get_by_role("link", name="回调").click()
            page.get_by_label("部门").select_option("tax")
            page.get_by_label("状态").select_option("pending")
            page.get_by_role("button", name="查看").click()
            self.picture(page, "callbacks")
            page.get_by_role("link", name="部门与暂停").click()
            self.picture(page, "departments")
            page.get_by_role("link", name="取消作业").click()
            page.get_by_label("作业或批次编号").fill(batch.id)
            page.get_by_role("button", name="查找").click()
            self.picture(page, "cancel")


def _line(number: int) -> str:
    body = {"messages": [{"role": "user", "content": f"Letter {number}"}]}
    line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions"}
    return json.dumps({**line, "body": body}) + "\n"


def main() -> None:
    if not (chromium := find_program("chromium")):
        sys.exit("Chromium is not installed")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "images"
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_standin() as engine,
        started_up(Path(data_dir), engine_url=engine.url) as up,
        sync_playwright() as playwright,
    ):
        up.wait_for("ready: ")
        tax = up.create_department(
            "tax", "--display-name", "税务局", "--callback-allow", "127.0.0.1", "--rate", "20/s"
        )
        up.create_department("parks", "--display-name", "园林局")
        add_account(up, "zhang", "--department", "tax", "--role", "staff")
        add_account(up, "li", "--department", "tax", "--role", "reviewer")
        add_account(up, "op", "--role", "operator")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET_BROWSER))
        album = Album(folder, up, engine, browser)
        album.sign_in()
        album.staff()
        with Chancery(up.api_url, tax["api_key"]) as chancery:
            album.operator(chancery)
            engine.control(mode="ok")
        album.reviewer()
        browser.close()


if __name__ == "__main__":
    main()
