"""Each task once on a real model: results are complete and their evidence is correct.

SmolLM2 has 135 million parameters, so the quality of its output is not tested.
"""

from __future__ import annotations

from typing import Any

import pytest

from documents.document import Block, Document
from tasks.classify import ClassifyOptions, classify
from tasks.dispatch import dispatch
from tasks.dispatch.options import DispatchOptions
from tasks.engine import Engine, Message
from tasks.extract import ExtractOptions, extract
from tasks.extract.evidence_schema import guided_schema
from tasks.extract.schema_reader import SchemaReader
from tasks.minutes import MinutesOptions, minutes
from tasks.model.caller_schema import check_caller_schema
from tasks.qa import QaOptions, qa
from tasks.summarize import SummarizeOptions, summarize
from tasks.text.quotes import Match
from tasks.translate import TranslateOptions, translate

NOTICE = (
    "Notice on the spring cleaning of the market square",
    "The market square on Harbour Street will be cleaned from 3 May to 5 May 2026. During these "
    "three days no stalls may be set up and no cars may park on the square.",
    "Stall holders who have paid for these days get their fee of 45 euros back. To claim it, write "
    "to the market office before 30 May 2026.",
    "The market opens again on 6 May 2026 at 7 in the morning.",
)
LETTER = (
    "Oakford, 12 March 2026",
    "To the Tax Office of Oakford",
    "On 2 March I received your bill number 2026-1187 for 1,250 euros. I paid this sum on 20 "
    "February by bank transfer. Please cancel the bill and confirm this in writing.",
    "Yours faithfully,\nAnna Lind\n14 Mill Lane, Oakford",
)
MESSAGE = (
    "The street lamp in front of 12 Mill Lane has been broken for two weeks. It is dark and "
    "dangerous at night. Please repair it soon.",
)


def document(paragraphs: tuple[str, ...]) -> Document:
    blocks, start = [], 0
    for paragraph in paragraphs:
        blocks.append(Block(start, start + len(paragraph)))
        start += len(paragraph) + 2
    return Document("\n\n".join(paragraphs), tuple(blocks), "text/plain")


async def test_a_notice_is_summarised_in_few_words_with_quotes_from_it(
    smollm2_engine: Engine,
) -> None:
    source = document(NOTICE)
    result = await summarize(source, SummarizeOptions(max_words=60), smollm2_engine)
    assert 0 < result.words <= 60
    assert "market" in result.summary
    for sentence in result.sentences:
        assert sentence.quotes
        for quote in sentence.quotes:
            assert source.text[quote.start : quote.end] == quote.text


async def test_a_document_of_several_parts_is_summarised_as_one(smollm2_engine: Engine) -> None:
    source = document(NOTICE * 30)
    result = await summarize(source, SummarizeOptions(max_words=40), smollm2_engine)
    assert 0 < result.words <= 40
    assert all(sentence.quotes for sentence in result.sentences)


async def test_a_letter_gives_values_of_the_schemas_types_with_evidence(
    smollm2_engine: Engine,
) -> None:
    schema = {
        "type": "object",
        "properties": {
            "bill_number": {"type": "string", "maxLength": 30},
            "amount": {"type": "number"},
            "paid_on": {"type": ["string", "null"], "maxLength": 30},
        },
        "required": ["bill_number", "amount"],
    }
    options = ExtractOptions.model_validate({"schema": schema})
    source = document(LETTER)
    result = await extract(source, options, smollm2_engine)
    assert result.valid
    assert isinstance(result.data["bill_number"], str)
    assert isinstance(result.data["amount"], int | float)
    found = [one for one in result.evidence if one.quote.match is not Match.none]
    assert [one.path for one in result.evidence if one not in found] == result.unverified
    for one in found:
        assert source.text[one.quote.start : one.quote.end] == one.quote.text
    assert any("2026-1187" in one.quote.text for one in found)


async def test_a_message_gets_one_of_the_labels_with_a_confidence(smollm2_engine: Engine) -> None:
    labels = [
        {"name": "tax", "description": "Taxes and bills"},
        {"name": "streets", "description": "Streets, lamps, pavements and their repair"},
        {"name": "permits", "description": "Asking for a permit or licence"},
    ]
    options = ClassifyOptions.model_validate({"labels": labels})
    result = await classify(document(MESSAGE), options, smollm2_engine)
    choices = [(result.label, result.confidence)]
    choices += [(choice.label, choice.confidence) for choice in result.alternatives]
    assert sorted(label for label, _ in choices) == ["permits", "streets", "tax"]
    assert sum(confidence for _, confidence in choices) == pytest.approx(1)
    assert 1 / 3 < result.confidence < 0.999


async def test_questions_are_answered_with_quotes_from_the_source_or_not_at_all(
    smollm2_engine: Engine,
) -> None:
    source = document(NOTICE)
    questions = ["When will the square be cleaned?", "Who won the chess cup in 1987?"]
    result = await qa(source, QaOptions(questions=questions), smollm2_engine)
    assert [one.question for one in result.answers] == questions
    for one in result.answers:
        assert one.found == bool(one.quotes)
        for quote in one.quotes:
            assert source.text[quote.start : quote.end] == quote.text
    assert not result.answers[1].found


async def test_a_translation_keeps_the_paragraphs_and_reports_wrong_figures(
    smollm2_engine: Engine,
) -> None:
    source = document((NOTICE[0], NOTICE[-1]))  # the model takes 20 s a paragraph
    options = TranslateOptions.model_validate({"language": "fr"})
    result = await translate(source, options, smollm2_engine)
    assert [(one.start, one.end) for one in result.paragraphs] == [
        (block.start, block.end) for block in source.blocks
    ]
    for wrong in result.unsupported:
        assert result.text[wrong.start : wrong.end] == wrong.text


async def test_minutes_report_quotes_that_are_not_in_the_transcript(smollm2_engine: Engine) -> None:
    lines = ("Anna: The square is cleaned on 3 May.", "Ben: Good. I will tell the stall holders.")
    source = document(lines)
    result = await minutes(source, MinutesOptions(), smollm2_engine)
    assert [one.name for one in result.attendees][:2] == ["Anna", "Ben"]
    items: list[Any] = [*result.decisions, *result.tasks]
    for item in items:
        if item.quote.match is Match.none:
            assert not result.checked
        else:
            assert source.text[item.quote.start : item.quote.end] == item.quote.text


async def test_guided_decoding_supports_every_kind_of_keyword(
    smollm2_engine: Engine,
) -> None:
    place = {"type": "object", "properties": {"street": {"type": "string", "maxLength": 20}}}
    schema = {
        "type": "object",
        "properties": {
            "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "month": {
                "anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, {"type": "null"}]
            },
            "kind": {"enum": ["letter", "bill", None]},
            "place": {"$ref": "#/$defs/place"},
            "sums": {"type": "array", "items": {"type": "number"}, "maxItems": 2},
            "urgent": {"type": "boolean"},
        },
        "required": ["date", "kind", "urgent"],
        "$defs": {"place": place},
    }
    check_caller_schema(schema)
    ask = [Message("user", "Say what you know.")]
    for relaxed in (False, True):
        guided = guided_schema(SchemaReader(schema), relaxed=relaxed)
        completion = await smollm2_engine.complete(ask, max_tokens=4, schema=guided)
        assert completion.text.startswith("{")


@pytest.mark.parametrize("of_each", [4, 12])
async def test_a_message_is_placed_in_the_tree_at_once_or_level_by_level(
    smollm2_engine: Engine, of_each: int
) -> None:
    units = ("Streets", "Water", "Taxes")
    tree = [
        {
            "id": unit,
            "name": unit,
            "children": [{"id": f"{unit}-{at}", "name": f"{unit} {at}"} for at in range(of_each)],
        }
        for unit in units
    ]
    options = DispatchOptions.model_validate({"tree": tree, "allow_unplaced": True})
    result = await dispatch(document(MESSAGE), options, smollm2_engine)
    leaves = {f"{unit}-{at}" for unit in units for at in range(of_each)}
    assert result.place is not None or result.unplaced is not None
    given = [*([result.place] if result.place else []), *result.alternatives]
    assert {one.id for one in given} <= leaves
    assert 0 <= result.confidence <= 1
