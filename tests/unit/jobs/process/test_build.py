"""The name of a build follows the code."""

from __future__ import annotations

from pathlib import Path

from jobs.process.build import build, digest_of


def test_another_content_or_name_is_another_build(tmp_path: Path) -> None:
    package = tmp_path / "jobs"
    (package / "__pycache__").mkdir(parents=True)
    module = package / "a.py"
    module.write_text("a = 1")
    first = digest_of(tmp_path, ("jobs",))
    (package / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert digest_of(tmp_path, ("jobs",)) == first
    module.write_text("a = 2")
    second = digest_of(tmp_path, ("jobs",))
    module.rename(package / "b.py")
    assert len({first, second, digest_of(tmp_path, ("jobs",))}) == 3


def test_a_build_is_the_version_and_the_digest() -> None:
    version, _, digest = build().partition("+")
    assert version[0].isdigit()
    assert len(digest) == 10
