"""The OpenSSL that OpenCV's wheel bundles is out of reach: docs/decisions/opencv-openssl.md."""

from __future__ import annotations

from importlib.metadata import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What reaches FFmpeg, and by it OpenSSL.
VIDEO = ("VideoCapture", "VideoWriter", "videoio")


def test_it_is_the_documented_version() -> None:
    bundled = {path.name for path in files("opencv-python-headless") or () if "libssl" in path.name}
    if not bundled:
        pytest.skip("the wheel of this platform bundles no OpenSSL")
    assert all(name.endswith(".so.1.1.1k") for name in bundled), bundled


def test_neither_chancery_nor_rapidocr_uses_video() -> None:
    rapidocr = [Path(str(path.locate())) for path in files("rapidocr") or ()]
    own = [
        path
        for folder in ("api", "documents", "jobs", "tasks", "worker")
        for path in (ROOT / folder).rglob("*.py")
    ]
    sources = [path for path in (*rapidocr, *own) if path.suffix == ".py"]
    assert len(sources) > 100
    calls = [path for path in sources for name in VIDEO if name in path.read_text("utf-8")]
    assert calls == []
