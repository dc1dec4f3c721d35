"""The time, the memory and the result of proofreading are bounded, whatever the text."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest

from standin.scripted_engine import ScriptedEngine
from tasks.limits import MOST_LISTED
from tasks.proofread import ProofreadOptions, find_mistakes, proofread
from tasks.text.edits import apply_edits
from tests.unit.tasks.documents import document

SECONDS = 20
RANDOM = random.Random(1)
AGENCY = "市场监督管理部门"

ATTACKS = {
    "punctuation": "，。" * 100_000,
    "brackets within each other": "(" * 100_000 + "a" + ")" * 100_000,
    "quotation marks": "“" * 200_000,
    "titles within each other": "《" * 100_000 + "》" * 100_000,
    "names of agencies that differ in one character": f"{AGENCY}，" * 5
    + "，".join(f"市场{chr(0x4E00 + at % 20_000)}督管理部门" for at in range(20_000)),
    "spaces": f"甲{' ' * 200_000}",
    "dates": "2月30日" * 20_000,
}


@pytest.mark.parametrize("name", list(ATTACKS))
def test_no_text_takes_long(name: str) -> None:
    given = document(ATTACKS[name])
    started = time.process_time()
    found = find_mistakes(given)
    assert time.process_time() - started < SECONDS
    assert len(found.findings) <= MOST_LISTED


async def test_the_first_mistakes_are_listed_and_corrected_and_the_rest_counted() -> None:
    text = "布署，" * (MOST_LISTED + 5)
    engine = ScriptedEngine(lambda _: "")
    result = await proofread(document(text), ProofreadOptions(use_model=False), engine)
    assert len(result.edits) + len(result.remarks) == MOST_LISTED
    assert result.not_listed == 5
    assert result.text == apply_edits(text, result.edits)
    assert result.text.count("布署") == 5
    assert result.text.endswith("布署，" * 5)


def test_the_memory_does_not_grow_by_an_object_for_each_finding_and_character() -> None:
    given = document("，。" * 50_000)
    tracemalloc.start()
    find_mistakes(given)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 400 * len(given.text)


def test_misspellings_of_an_agency_are_found_among_many() -> None:
    text = f"{AGENCY}，{AGENCY}，{AGENCY}，市场监督管里部门，市场督监管理部门。"
    found = [(one.old, one.new) for one in find_mistakes(document(text)).findings]
    assert found == [("市场监督管里部门", None), ("市场督监管理部门", AGENCY)]
