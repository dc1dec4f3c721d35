"""A system on a data dir that others could read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.processes.caller import calling, chat_lines
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import System, until


def readable(folder: Path) -> list[str]:
    """Files and folders that others than their owner may use, without logs of this test."""
    below = (
        Path(parent, name)
        for parent, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )
    paths = [folder, *(path for path in below if path.suffix != ".log")]
    return [str(path) for path in paths if _mode(path) & 0o077]


def _mode(path: Path) -> int:
    """0 for a file that was deleted meanwhile."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode
    return 0


@pytest.mark.timeout(300)
async def test_nothing_in_the_data_dir_stays_readable_by_others(
    empty_system: System, open_desk: OpenDesk
) -> None:
    blobs = empty_system.folder / "store" / "blobs" / "tax" / "aa"
    blobs.mkdir(parents=True)
    (blobs / "doc_1-00aa").write_text("from before")
    for path in (empty_system.folder, blobs, blobs.parent, blobs / "doc_1-00aa"):
        path.chmod(0o755)
    empty_system.up(*[empty_system.start(role) for role in ("worker", "courier", "scheduler")])
    await until(lambda: not readable(empty_system.folder))
    async with calling(await open_desk(empty_system), empty_system.start_api()) as caller:
        await caller.document("The water is off.")
        await caller.ended(await caller.submit(chat_lines(2)))
    assert readable(empty_system.folder) == []
