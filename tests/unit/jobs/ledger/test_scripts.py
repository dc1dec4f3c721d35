"""Scripts are complete with the libraries that they require, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.ledger.server import scripts
from jobs.ledger.server.scripts import command_paths, parts_of


def libraries(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.lua").write_text(text)
    return folder


def test_a_library_comes_once_and_after_those_that_it_requires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = libraries(
        tmp_path,
        keys="-- keys\n",
        jobs="-- requires: keys\n",
        turns="-- requires: keys\n",
        unused="-- requires: keys\n",
        command="-- requires: turns, jobs\n",
    )
    monkeypatch.setattr(scripts, "LIBRARIES", folder)
    names = [part.stem for part in parts_of(folder / "command.lua")]
    assert names == ["keys", "turns", "jobs", "command"]


def test_a_command_has_only_the_definitions_that_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = """
local P, now = 'chancery:', 1
local function unused() return P end
-- A key.
local function key(name)
  local whole = P .. name

  return whole
end
"""
    folder = libraries(
        tmp_path,
        keys=keys,
        jobs="-- requires: keys\nlocal MOST = 5\nlocal function job(id) return key(id) end\n",
        command="-- requires: jobs\nreturn job(ARGV[1])\n",
    )
    monkeypatch.setattr(scripts, "LIBRARIES", folder)
    text = scripts.complete(folder / "command.lua")
    assert "local P, now = 'chancery:', 1\n" in text
    assert text.index("return whole\nend") < text.index("local function job") < text.index("ARGV")
    assert "unused" not in text
    assert "MOST" not in text


def test_libraries_that_require_each_other_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = libraries(tmp_path, a="-- requires: b\n", b="-- requires: a\n")
    monkeypatch.setattr(scripts, "LIBRARIES", folder)
    with pytest.raises(ValueError, match="require each other: a -> b -> a"):
        parts_of(folder / "a.lua")


@pytest.mark.parametrize(
    "path", command_paths(), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_command_begins_with_its_libraries_and_describes_itself(path: Path) -> None:
    requires, description, *_ = path.read_text().splitlines()
    assert requires.startswith("-- requires: ")
    assert description.startswith("-- ")
    assert "\n-- ARGV: " in path.read_text()


@pytest.mark.parametrize("command", command_paths(), ids=lambda path: path.stem)
def test_a_script_has_no_more_local_names_than_lua_allows(command: Path) -> None:
    text = scripts.complete(command)
    functions = re.findall(r"^local function ", text, re.MULTILINE)
    lists = re.findall(r"^local (?!function )([^=\n]+)", text, re.MULTILINE)
    assert len(functions) + sum(len(names.split(",")) for names in lists) <= 200
