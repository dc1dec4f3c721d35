"""The changes of state that the ledger's scripts allow, read from their table."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jobs.ledger.server.scripts import LIBRARIES

_TABLE = re.compile(r"^  (job|callback) = \{\n(.*?)^  \}", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^    (\w+) = \{(.*)\},$", re.MULTILINE)
NEW = "new"


def transitions(kind: str) -> Mapping[str, frozenset[str]]:
    """The states that may follow each state of a `job` or `callback`; `NEW` is before the first."""
    tables = dict(_TABLE.findall((LIBRARIES / "transitions.lua").read_text()))
    rows = _ROW.findall(tables[kind])
    return {state: frozenset(re.findall(r"'(\w+)'", after)) for state, after in rows}


def steps(kind: str) -> set[tuple[str, str]]:
    """The same as pairs, drawn as in the docs: `[*]` is before the first state."""
    return {
        ("[*]" if state == NEW else state, each)
        for state, after in transitions(kind).items()
        for each in after
    }
