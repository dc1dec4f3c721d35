"""`chancery batch`, called in this process, and a folder to submit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chancery.cli import main
from tests.unit.client.batch.command import Run
from tests.unit.client.conftest import KEY


@pytest.fixture
def run(server: Any) -> Run:
    def command(*words: str | Path, **environment: str) -> Result:
        known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY} | environment
        return CliRunner().invoke(main, ["batch", *(str(word) for word in words)], env=known)

    return command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notices"
    (made / "2026" / ".hidden").mkdir(parents=True)
    for number in range(20):
        name = f"2026/{number:02}.txt" if number % 2 else f"{number:02}.txt"
        (made / name).write_text(f"Document {number}", encoding="utf-8")
    (made / ".hidden-file").write_text("x")
    (made / "2026" / ".hidden" / "file").write_text("x")
    return made
