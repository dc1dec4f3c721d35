"""Checks the audit record: every line, their order, both ends, and the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.audit.chain import GENESIS, ChainKey, Head, Line, parse_line
from jobs.audit.files import AuditFiles
from jobs.audit.record import COMMAND
from jobs.audit.writer import BROKEN

# Without a head: whether there are lines.
_CONSEQUENCE = {
    True: "lines may be missing at both ends",
    False: "nothing has been recorded yet, or the record was removed",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """`findings`: what is wrong, each with its place.

    `last_seq` and `last_hash` name the last line. A record that was replaced as a whole, with its
    key, is found only by comparing them with values that were kept elsewhere.
    """

    lines: int
    days: int
    last_seq: int
    last_hash: str
    findings: Sequence[str]


def verify(files: AuditFiles, keys: Sequence[ChainKey]) -> Verification:
    """Check all lines. `keys`: the current key, and earlier ones.

    The record may be appended to meanwhile.
    """
    head = _head(files, keys)
    walk = _Walk({key.id: key for key in keys})
    if head is None:
        what = "is damaged, or was made with another key" if files.head.exists() else "is missing"
        walk.findings.append(f"head.json {what}: {_CONSEQUENCE[bool(files.days())]}")
    else:
        walk.start(head)
    days = files.days()
    for day in days:
        with files.day(day).open("rb") as file:
            for number, text in enumerate(file, 1):
                walk.add(day, f"{day}.jsonl:{number}", text)
    if head is not None:
        walk.end(head)
    return Verification(walk.lines, len(days), walk.seq, walk.hash or "", tuple(walk.findings))


def _head(files: AuditFiles, keys: Sequence[ChainKey]) -> Head | None:
    try:
        stored = files.head.read_bytes()
    except FileNotFoundError:
        return None
    return next((head for key in keys if (head := key.open(stored))), None)


@dataclass(slots=True)
class _Walk:
    """`seq`, `hash`, `where`, `day`: of the last line, `day` from its file's name.

    `seq` -1 and `hash` None: not known.
    """

    keys: Mapping[str, ChainKey]
    findings: list[str] = field(default_factory=list)
    lines: int = 0
    seq: int = -1
    hash: str | None = None
    where: str = "the beginning"
    day: str = ""
    unknown_keys: set[str] = field(default_factory=set)

    def start(self, head: Head) -> None:
        self.seq = head.first_seq - 1
        self.hash = GENESIS if head.first_seq == 1 else None

    def add(self, day: str, where: str, text: bytes) -> None:
        self.lines += 1
        self.day = day
        line = parse_line(text[:-1]) if text.endswith(b"\n") else None
        if line is None:
            self.findings.append(f"{where} is not a whole line of the record")
            self.seq, self.hash = self.seq + 1, None
        elif not self._signed(where, line, text[:-1]):
            self.seq, self.hash = self.seq + 1, None
        else:
            self._check_order(where, line)
            self._check_day(day, where, line)
            self.seq, self.hash = line.seq, line.hash
            if line.fields["action"] == BROKEN:
                what = line.fields.get("detail", {}).get("what")
                self.findings.append(
                    f"{where}: a fault was recorded at {line.fields['at']}: {what}"
                )
        self.where = where

    def end(self, head: Head) -> None:
        if self.seq < head.seq:
            missing = _range(self.seq + 1, head.seq)
            self.findings.append(f"{missing} at the end, after {self.where}")
        elif self.seq == head.seq and self.hash not in (None, head.hash):
            self.findings.append(f"{self.where} is not the last line that head.json names")
        elif self.seq == head.seq and self.day != head.day and self.lines:
            self.findings.append(f"{self.where} was in the file of {head.day}, which was renamed")

    def _signed(self, where: str, line: Line, text: bytes) -> bool:
        key = self.keys.get(line.key_id)
        if key is None and line.key_id not in self.unknown_keys:
            self.unknown_keys.add(line.key_id)
            self.findings.append(
                f"{where} and others are signed with the key {line.key_id}, which was not given"
            )
        if key is not None and not key.signs(text):
            self.findings.append(f"{where} was altered")
            return False
        return True

    def _check_day(self, day: str, where: str, line: Line) -> None:
        """A file that was given an earlier day would be missing in an export of its own.

        Operators' commands have the time of their own machine, and a fault is recorded after the
        last line that is there.
        """
        at, action = str(line.fields["at"])[:10], str(line.fields["action"])
        if at > day and action != BROKEN and not action.startswith(COMMAND):
            self.findings.append(f"{where} is of {at}, so that its file was renamed")

    def _check_order(self, where: str, line: Line) -> None:
        expected = self.seq + 1
        if self.seq < 0 or (line.seq == expected and self.hash in (None, line.fields["prev"])):
            return
        if line.seq > expected:
            missing = _range(expected, line.seq - 1)
            self.findings.append(f"{missing} between {self.where} and {where}")
        elif line.seq < expected:
            self.findings.append(f"{where} is line {line.seq} again, or in the wrong place")
        else:
            self.findings.append(f"{where} does not follow {self.where}")


def _range(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"
