from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings

from documents.document import Document
from documents.errors import EmptyDocument
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.drafting.result import LABEL, MOST_LISTED
from tasks.errors import OptionsTooLong, OutputError
from tasks.translate import TranslateOptions, TranslateResult, result_of, translate
from tasks.translate.model import Language
from tests.unit.tasks.documents import document, documents

NOTICE = document(
    "关于清洁市场的通知",
    "根据国发〔2026〕12号，市财政局自二〇二六年五月起拨付1.5亿元。",
    page_of=(1, 2),
)
RIGHT = [
    "Notice on cleaning the market",
    "Under Guo Fa [2026] No. 12, the Finance Bureau pays 150 million yuan from May 2026.",
]


async def run(
    *answers: Any, source: Document = NOTICE, **options: Any
) -> tuple[TranslateResult, ScriptedEngine]:
    """The last answer is repeated."""
    left = [one if isinstance(one, str) else {"paragraphs": one} for one in answers]
    engine = ScriptedEngine(lambda _: left.pop(0) if len(left) > 1 else left[0])
    chosen = TranslateOptions.model_validate({"language": "en"} | options)
    return await translate(source, chosen, engine), engine


async def test_each_paragraph_has_its_offsets_in_source_and_translation() -> None:
    result, engine = await run(RIGHT)
    assert len(engine.requests) == 1
    assert result.checked
    assert result.text == f"{LABEL}\n\n" + "\n\n".join(RIGHT)
    assert [one.page for one in result.paragraphs] == [1, 2]
    for one, block in zip(result.paragraphs, NOTICE.blocks, strict=True):
        assert (one.start, one.end) == (block.start, block.end)
        assert result.text[one.text_start : one.text_end] == one.text


async def test_organisations_that_are_not_in_the_glossary_are_listed_as_unchecked() -> None:
    result, _ = await run(RIGHT)
    assert [one.text for one in result.unchecked_names] == ["市财政局"]
    result, _ = await run(RIGHT, glossary={"财政局": "Finance Bureau"})
    assert result.unchecked_names == []


async def test_a_wrong_number_is_asked_for_again() -> None:
    wrong = [RIGHT[0], RIGHT[1].replace("150", "15").replace("May", "March")]
    result, engine = await run(wrong, RIGHT)
    assert result.checked
    for words in ("'15 million'", "'1.5亿'", "March 2026"):
        assert words in engine.requests[1].prompt


async def test_numbers_that_stay_wrong_are_listed_with_their_offsets() -> None:
    wrong = [
        RIGHT[0] + " of 2031-04-05",
        "Under Guo Fa [2026] No. 13, 15 million yuan are paid.",
    ]
    result, engine = await run(wrong)
    assert len(engine.requests) == 2
    assert not result.checked
    found = [(one.kind, one.text, one.values) for one in result.unsupported]
    assert found == [
        ("date", "2031-04-05", ["2031-04-05"]),
        ("issue_number", "[2026] No. 13", ["〔2026〕13号"]),
        ("number", "15 million", ["15000000"]),
    ]
    for one in result.unsupported:
        assert result.text[one.start : one.end] == one.text
    gone = [(one.kind, one.text, one.paragraph) for one in result.lost]
    assert gone == [
        ("issue_number", "国发〔2026〕12号", 1),
        ("date", "二〇二六年五月", 1),
        ("number", "1.5亿", 1),
    ]
    for lost in result.lost:
        assert NOTICE.text[lost.start : lost.end] == lost.text


async def test_a_term_that_is_not_translated_as_in_the_glossary_is_reported() -> None:
    result, engine = await run(RIGHT, glossary={"市财政局": "Municipal Bureau", "市场": "market"})
    assert "市财政局 = Municipal Bureau" in engine.requests[0].prompt
    missed = [(one.text, one.expected, one.paragraph) for one in result.missed_terms]
    assert missed == [("市财政局", "Municipal Bureau", 1)]
    assert NOTICE.text[result.missed_terms[0].start :].startswith("市财政局")
    assert not result.checked


async def test_a_paragraph_without_a_translation_is_reported() -> None:
    result, _ = await run([RIGHT[0], " "])
    assert result.paragraphs[1].text == ""
    assert not result.checked


@pytest.mark.parametrize(
    "answer", ["no JSON", "[]", "{}", '{"paragraphs": ["one"]}', '{"paragraphs": [1, 2]}']
)
async def test_an_answer_with_another_number_of_paragraphs_is_an_output_error(
    answer: str,
) -> None:
    with pytest.raises(OutputError):
        await run(answer)


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await run(RIGHT, source=document(" "))


async def test_a_context_without_room_is_refused() -> None:
    engine = ScriptedEngine(lambda _: "", context_tokens=200)
    with pytest.raises(OptionsTooLong):
        await translate(NOTICE, TranslateOptions.model_validate({"language": "en"}), engine)


def echo(request: Request) -> Answer:
    """The paragraphs as they are."""
    shown = request.prompt.partition("<document>\n")[2].rpartition("\n</document>")[0]
    count = int(re.search(r"list\nof the (\d+) translated", request.prompt)[1])  # type: ignore[index]
    starts = [shown.index(f"[{number}] ") for number in range(1, count + 1)]
    ends = [start - 1 for start in starts[1:]] + [len(shown)]
    lines = [
        shown[start + len(f"[{number}] ") : end]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
    return json.dumps({"paragraphs": lines})


async def test_a_long_document_is_translated_in_parts_and_stays_whole() -> None:
    lines = [f"第{number}号市场自2026年5月{number % 28 + 1}日起开放。" for number in range(1, 80)]
    long = "。".join(f"摊位{number}号" for number in range(100)) + "。"
    source = document(*lines, long)
    engine = ScriptedEngine(echo, context_tokens=1_024)
    options = TranslateOptions.model_validate({"language": "zh"})
    result = await translate(source, options, engine)
    assert len(engine.requests) > 3
    assert [one.text for one in result.paragraphs] == [*lines, long]
    assert result.checked


@settings(deadline=None, max_examples=40)
@given(documents())
async def test_paragraphs_are_as_many_as_in_the_source(source: Document) -> None:
    def same(request: Request) -> Answer:
        count = request.schema["properties"]["paragraphs"]["minItems"]  # type: ignore[index]
        return {"paragraphs": ["x"] * count}

    options = TranslateOptions.model_validate({"language": "fr"})
    result = await translate(source, options, ScriptedEngine(same))
    inside = [block for block in source.blocks if source.text[block.start : block.end].strip()]
    assert len(result.paragraphs) == len(inside)
    for one, block in zip(result.paragraphs, inside, strict=True):
        assert block.start <= one.start < one.end <= block.end


def test_many_paragraphs_numbers_and_terms_take_linear_time_and_lists_stay_short() -> None:
    """Each paragraph loses a number, misses a term and adds a number of its own."""
    count = 3_000
    source = document(*(f"第{n}项 市财政局拨付{n + 10}元。" for n in range(count)))
    glossary = {"财政局": "Finance Bureau"} | {f"財{n}": f"f{n}" for n in range(499)}
    options = TranslateOptions(language=Language.en, glossary=glossary)
    pairs = [
        ((block.start, block.end), f"It pays {count * 3 + n}.")
        for n, block in enumerate(source.blocks)
    ]
    started = time.process_time()
    result = result_of(source, options, pairs)
    assert time.process_time() - started < 60
    assert not result.checked
    assert {len(result.unsupported), len(result.lost), len(result.missed_terms)} == {MOST_LISTED}
    assert result.not_listed >= 3 * (count - MOST_LISTED)
    assert len(result.paragraphs) == count
    last = result.unsupported[-1]
    assert result.text[last.start : last.end] == last.text


async def test_a_term_of_a_longer_term_is_not_asked_for_separately() -> None:
    glossary = {"财政局": "Finance Bureau", "市财政局": "Municipal Treasury"}
    words = [RIGHT[0], RIGHT[1].replace("Finance Bureau", "Municipal Treasury")]
    result, _ = await run(words, glossary=glossary)
    assert result.missed_terms == []
