"""Checks the ledger's Lua scripts with luacheck, each complete with its libraries.

    python deploy/lint_lua.py

A function of a library that some command does not use is reported only where no command uses it.
Exit status: 0 without findings, 1 with findings, 2 where luacheck is not installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.ledger.server.scripts import FOLDER, LIBRARIES, command_paths, parts_of

LUACHECK = (
    "luacheck",
    *("--std", "lua51", "--read-globals", "redis", "cjson", "struct", "ARGV"),
    *("--max-line-length", "110", "--codes", "--formatter", "plain", "-"),
)
FINDING = re.compile(r"^stdin:(\d+):\d+: \((\w)(\d+)\) (.*)$", re.MULTILINE)
UNUSED = "211"


def findings_in(command: Path) -> set[tuple[Path, int, str, str]]:
    """File, line, luacheck's code and message."""
    parts = parts_of(command)
    lines = [(part, number) for part in parts for number, _ in enumerate(_lines(part), start=1)]
    text = "".join(part.read_text() for part in parts)
    output = subprocess.run(LUACHECK, input=text, capture_output=True, text=True, check=False)
    if output.returncode > 2:
        sys.exit(f"luacheck failed: {output.stdout}{output.stderr}")
    return {
        (*lines[int(line) - 1], code, message)
        for line, _, code, message in FINDING.findall(output.stdout)
    }


def main() -> int:
    if shutil.which(LUACHECK[0]) is None:
        print("luacheck is not installed: apt-get install lua-check", file=sys.stderr)
        return 2
    commands = command_paths()
    users = Counter(part for command in commands for part in parts_of(command))
    counts = Counter(finding for command in commands for finding in findings_in(command))
    findings = sorted(
        (path, line, code, message)
        for (path, line, code, message), count in counts.items()
        if code != UNUSED or path.parent != LIBRARIES or count == users[path]
    )
    for path, line, code, message in findings:
        print(f"{path.relative_to(FOLDER.parents[2])}:{line}: {code} {message}")
    return int(bool(findings))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main())
