"""A document that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from standin.documents.builders import FORMATS, saved


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    return saved(tmp_path, FORMATS["docx"](), "letter")
