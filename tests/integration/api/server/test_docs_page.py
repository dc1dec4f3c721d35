"""The page /docs in a browser: its policy allows all that it needs."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from tests.integration.api.running import running_api
from tests.programs import require_program

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--enable-logging=stderr", "--virtual-time-budget=15000", "--dump-dom",
)  # fmt: skip


async def test_docs_are_shown_and_nothing_is_blocked(redis_url: str, tmp_path: Path) -> None:
    chromium = require_program("chromium")
    async with running_api(redis_url, tmp_path / "data") as api:
        process = await asyncio.create_subprocess_exec(
            *(chromium, *OPTIONS, f"--user-data-dir={tmp_path / 'browser'}", f"{api.url}/docs"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            page, log = (part.decode() for part in await process.communicate())
    assert "Submit a job" in page
    assert "Content Security Policy" not in log, log
