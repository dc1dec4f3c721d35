"""Values for a caller's JSON Schema, each with the source's own words that show it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from documents.document import Document
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.extract.evidence import (
    Leaf,
    Node,
    fitted,
    leaves_by_pointer,
    merge,
    missing_values,
    plain,
    read_node,
)
from tasks.extract.evidence_schema import guided_schema
from tasks.model.caller_schema import check_caller_schema
from tasks.model.checking import check
from tasks.model.output import ask, fence, room_for_text
from tasks.model.split import Part, split, work_on_all
from tasks.task import Task
from tasks.text.numbers import number_values
from tasks.text.quotes import Match, Quote, QuoteFinder, normal_form

PROMPT = """<document>
{text}
</document>

Find in the document the values for this JSON Schema:
{schema}
{instructions}
Give null for what the document does not say. For each value, first copy the words of the document
that it stands in as its quote."""

# A quote and its value at their longest, where each character is a token: an answer that fits the
# schema is then not cut off.
TOKENS_PER_VALUE = 260
LEAST_ANSWER = 512
MOST_ANSWER = 8_192


class ExtractOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        serialize_by_alias=True,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_extra={
            "example": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "sender": {"type": "string", "description": "Who wrote the letter."},
                        "amount": {"type": "number", "description": "The sum asked for."},
                    },
                    "required": ["sender"],
                }
            }
        },
    )

    json_schema: dict[str, Any] = Field(
        alias="schema",
        description="What to find: a JSON Schema (2020-12) of type object. $ref only within it.",
    )
    instructions: str | None = Field(
        None, min_length=1, max_length=2_000, description="What else the model should know."
    )

    @field_validator("json_schema")
    @classmethod
    def _is_taken(cls, schema: dict[str, Any]) -> dict[str, Any]:
        check_caller_schema(schema)
        return schema


class ValueFound(StrEnum):
    quote = "quote"
    source = "source"
    nowhere = "nowhere"


class Evidence(BaseModel):
    """What shows one value."""

    path: str = Field(description="The value's place in `data`, a JSON pointer.")
    value: Any = Field(description="The value.")
    quote: Quote = Field(
        description="The words of the source that show it, as the model says; where those were not "
        "found but the value's own words stand in the source, these."
    )
    value_found: ValueFound | None = Field(
        description="Where the value itself stands: in its `quote`, elsewhere in the `source`, or "
        "`nowhere` (a value worked out or chosen from a list stands nowhere). Null where that "
        "cannot be asked, as for true and false."
    )


class ExtractResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "data": {"sender": "Anna Lind"},
                "valid": True,
                "missing": [],
                "evidence": [
                    {
                        "path": "/sender",
                        "value": "Anna Lind",
                        "quote": {
                            "text": "Yours faithfully, Anna Lind",
                            "start": 310,
                            "end": 337,
                            "page": 2,
                            "match": "exact",
                        },
                        "value_found": "quote",
                    }
                ],
                "unverified": [],
            }
        }
    )

    data: dict[str, Any] = Field(description="The values; they fit the schema where `valid`.")
    valid: bool = Field(description="Whether `data` fits the schema: false if any is `missing`.")
    missing: list[str] = Field(
        description="JSON pointers of required values that the document does not give."
    )
    evidence: list[Evidence] = Field(description="For every value, what shows it.")
    unverified: list[str] = Field(
        description="JSON pointers of values whose quote was not found: a person must check these."
    )


async def extract(document: Document, options: ExtractOptions, engine: Engine) -> ExtractResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    schema = options.json_schema
    most = min(MOST_ANSWER, max(LEAST_ANSWER, engine.context_tokens // 2))
    answer = min(most, max(LEAST_ANSWER, TOKENS_PER_VALUE * _places(schema)))
    room = await room_for_text(engine, _prompt(options, ""), answer)
    parts = await split(document, room.text, engine)
    guided = guided_schema(schema, relaxed=len(parts) > 1)
    finder = QuoteFinder(document)

    async def one(part: Part) -> Node:
        text = document.text[part.start : part.end]
        data, _ = await ask(engine, _prompt(options, text), schema=guided, max_tokens=room.answer)
        return read_node(data, finder, part.start, part.end)

    several = len(parts) > 1
    found = await work_on_all(parts, one, engine, more_steps=int(several))
    merged = fitted(reduce(merge, found), schema, schema)
    result = await check(document, lambda: _result(merged, schema, document, finder))
    if several:
        engine.progress(len(parts) + 1, len(parts) + 1)
    return result


def _prompt(options: ExtractOptions, text: str) -> str:
    schema = json.dumps(options.json_schema, ensure_ascii=False, separators=(",", ":"))
    instructions = f"{options.instructions}\n" if options.instructions else ""
    return PROMPT.format(schema=schema, instructions=instructions, text=fence(text))


def _places(schema: Mapping[str, Any]) -> int:
    """About how many values the schema asks for."""
    return len(re.findall(r'"(?:type|enum|const|\$ref)":', json.dumps(schema)))


def _result(
    node: Node, schema: Mapping[str, Any], document: Document, finder: QuoteFinder
) -> ExtractResult:
    data = plain(node)
    if not isinstance(data, dict):
        raise OutputError("The model's answer is JSON, but no object.")
    missing = missing_values(data, schema)
    in_source = number_values(document.text)
    evidence = [
        Evidence(
            path=path,
            value=leaf.value,
            quote=leaf.quote,
            value_found=_value_found(leaf, finder, in_source),
        )
        for path, leaf in leaves_by_pointer(node)
    ]
    return ExtractResult(
        data=data,
        valid=not missing,
        missing=missing,
        evidence=evidence,
        unverified=[one.path for one in evidence if one.quote.match is Match.none],
    )


def _value_found(leaf: Leaf, finder: QuoteFinder, in_source: set[Decimal]) -> ValueFound | None:
    value = leaf.value
    quote = "" if leaf.quote.match is Match.none else leaf.quote.text
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        form = normal_form(value)
        if form and form in normal_form(quote):
            return ValueFound.quote
        if finder.holds(value):
            return ValueFound.source
    # 2024-03-05 stands in the source as 5 March 2024, 12000 as 12,000 or 1.2万.
    numbers = number_values(str(value)) if not _has_letters(value) else set()
    if numbers and numbers <= number_values(quote):
        return ValueFound.quote
    return ValueFound.source if numbers and numbers <= in_source else ValueFound.nowhere


def _has_letters(value: str | float) -> bool:
    return isinstance(value, str) and any(char.isalpha() for char in value)


def doubts(_: Document, options: ExtractOptions, result: ExtractResult) -> Sequence[Doubt]:
    """What the checks in the result say against it. A value that the schema lists is chosen, so it
    need not stand in the source.
    """
    listed = _listed_values(options.json_schema)
    found = [one for one in result.evidence if one.value not in listed]
    nowhere = [one.value for one in found if one.value_found is ValueFound.nowhere]
    signs = {
        Doubt.value_missing: bool(result.missing),
        Doubt.nothing_found: not result.evidence,
        Doubt.quote_not_found: bool(result.unverified),
        Doubt.number_not_in_source: any(not _has_letters(value) for value in nowhere),
        Doubt.value_not_in_source: any(_has_letters(value) for value in nowhere),
        Doubt.value_not_in_quote: any(one.value_found is ValueFound.source for one in found),
    }
    return [doubt for doubt, seen in signs.items() if seen]


def _listed_values(schema: Any) -> list[Any]:
    """Every value of an `enum` or a `const`, wherever in the schema it is."""
    if isinstance(schema, list):
        return [value for one in schema for value in _listed_values(one)]
    if not isinstance(schema, dict):
        return []
    own = schema["enum"] if isinstance(schema.get("enum"), list) else []
    own = [*own, schema["const"]] if "const" in schema else own
    return [*own, *(value for one in schema.values() for value in _listed_values(one))]


TASK = Task(
    name="extract",
    version="1",
    description="Find the values that a JSON Schema asks for, each with the source's own words "
    "that show it and whether they were found in the source.",
    options=ExtractOptions,
    result=ExtractResult,
    run=extract,
    doubts=doubts,
)
