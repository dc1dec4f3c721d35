"""Finds the values for a caller's JSON Schema, each with a quote of the source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from documents.document import Document
from documents.isolation.compute import compute
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.errors import OutputError
from tasks.extract.compiled_schema import SchemaCache
from tasks.extract.evidence import (
    EvidenceReader,
    Leaf,
    fitted,
    leaves_by_pointer,
    merge,
    missing_values,
    plain,
)
from tasks.model.options import Instructions
from tasks.model.output import ask, fence, room_for_text
from tasks.model.split import Part, split, work_on_all
from tasks.task import ResultFault, Task
from tasks.text.numbers import number_values
from tasks.text.quotes import Match, Quote, QuoteFinder, normal_form
from tasks.unread import UnreadItem, unread_items

PROMPT = """<document>
{text}
</document>

Find in the document the values for this JSON Schema:
{schema}
{instructions}
Give null for what the document does not say. For each value, first copy the words of the document
that it stands in as its quote."""

# The longest quote and value, one token a character, so that no valid answer is cut off.
TOKENS_PER_VALUE = 260
LEAST_ANSWER = 512
MOST_ANSWER = 8_192
MOST_EVIDENCE = 5_000
MOST_MISSING = 1_000

_SCHEMAS = SchemaCache()


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
        description="The values to find: a JSON Schema (2020-12) of type object. References ($ref) "
        "must stay within it.",
    )
    instructions: Instructions = None

    @field_validator("json_schema")
    @classmethod
    def _compiles(cls, schema: dict[str, Any]) -> dict[str, Any]:
        _SCHEMAS.compiled(schema)
        return schema


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The model's answer for the text from `start` to `end`."""

    start: int
    end: int
    data: Any


class ValueFound(StrEnum):
    quote = "quote"
    source = "source"
    nowhere = "nowhere"


class Evidence(BaseModel):
    """One value and the source text that supports it."""

    path: str = Field(description="JSON pointer of the value in `data`.")
    value: Any = Field(description="The value.")
    quote: Quote = Field(
        description="The source text that the model quotes for the value. Where the quote is not "
        "in the source but the value itself is, the value's occurrence."
    )
    value_found: ValueFound | None = Field(
        description="Where the value itself occurs: in its `quote`, elsewhere in the `source`, or "
        "`nowhere` (for example a calculated value, or one chosen from a list). Null for values "
        "that cannot be searched for, such as true and false."
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
                "unread": [],
            }
        }
    )

    data: dict[str, Any] = Field(description="The values. They fit the schema if `valid` is true.")
    valid: bool = Field(
        description="Whether `data` fits the schema. False if values are `missing`."
    )
    missing: list[str] = Field(
        description="JSON pointers of required values that were not found in the document."
    )
    evidence: list[Evidence] = Field(description="Each value with its source text.")
    unverified: list[str] = Field(
        description="JSON pointers of values whose quote is not in the source. A person must check "
        "these."
    )
    not_listed: int = Field(
        0,
        description=f"How many further values of `data` have no entry in `evidence`, because it "
        f"has {MOST_EVIDENCE:,} entries at most: their quotes were not looked up. Also counts "
        f"entries of `missing` beyond {MOST_MISSING:,}.",
    )
    unread: list[UnreadItem] = Field(
        default=[],
        description="What was on a page of the document and was not read, so that it is not part "
        "of the result: its kind, place and the reason.",
    )


async def extract(document: Document, options: ExtractOptions, engine: Engine) -> ExtractResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    compiled = _SCHEMAS.compiled(options.json_schema)
    most = min(MOST_ANSWER, max(LEAST_ANSWER, engine.context_tokens // 2))
    answer = min(most, max(LEAST_ANSWER, TOKENS_PER_VALUE * compiled.values))
    room = await room_for_text(engine, _prompt(options, ""), answer)
    parts = await split(document, room.text, engine)
    several = len(parts) > 1
    guided = compiled.guided_part if several else compiled.guided

    async def answer_for(part: Part) -> PartAnswer:
        text = document.text[part.start : part.end]
        data, _ = await ask(engine, _prompt(options, text), schema=guided, max_tokens=room.answer)
        return PartAnswer(part.start, part.end, data)

    answers = await work_on_all(parts, answer_for, engine, more_steps=int(several))
    result = await compute(result_of, document, options.json_schema, answers)
    if several:
        engine.progress(len(parts) + 1, len(parts) + 1)
    return result.model_copy(update={"unread": unread_items(document)})


def _prompt(options: ExtractOptions, text: str) -> str:
    schema = json.dumps(options.json_schema, ensure_ascii=False, separators=(",", ":"))
    instructions = f"{options.instructions}\n" if options.instructions else ""
    return PROMPT.format(schema=schema, instructions=instructions, text=fence(text))


def result_of(
    document: Document, schema: dict[str, Any], answers: Sequence[PartAnswer]
) -> ExtractResult:
    """Merge the answers for the parts of a document, and look their quotes up.

    Raises `OutputError`.
    """
    compiled, finder = _SCHEMAS.compiled(schema), QuoteFinder(document)
    reader = EvidenceReader(finder, MOST_EVIDENCE)
    nodes = [reader.read(answer.data, answer.start, answer.end) for answer in answers]
    node = fitted(merge(nodes), compiled.schema, compiled.reader)
    data = plain(node)
    if not isinstance(data, dict):
        raise OutputError("The model's answer is JSON, but not an object.")
    missing = missing_values(data, compiled)
    in_source = number_values(document.text)
    leaves = list(leaves_by_pointer(node))
    evidence = [
        Evidence(
            path=path,
            value=leaf.value,
            quote=leaf.quote,
            value_found=_value_found(leaf, finder, in_source),
        )
        for path, leaf in leaves[:MOST_EVIDENCE]
    ]
    return ExtractResult(
        data=data,
        valid=not missing,
        missing=missing[:MOST_MISSING],
        evidence=evidence,
        unverified=[entry.path for entry in evidence if entry.quote.match is Match.none],
        not_listed=len(leaves) - len(evidence) + len(missing[MOST_MISSING:]),
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
    # The source may write 2024-03-05 as 5 March 2024, and 12000 as 12,000 or 1.2万.
    numbers = number_values(str(value)) if not _has_letters(value) else set()
    if numbers and numbers <= number_values(quote):
        return ValueFound.quote
    return ValueFound.source if numbers and numbers <= in_source else ValueFound.nowhere


def _has_letters(value: str | float) -> bool:
    return isinstance(value, str) and any(char.isalpha() for char in value)


def result_faults(options: ExtractOptions, result: ExtractResult) -> Iterator[ResultFault]:
    """Where `data` does not fit the schema, although the result says that it does."""
    if result.valid:
        for error in _SCHEMAS.compiled(options.json_schema).validator.errors(result.data):
            yield ("data", *error.instance_path), error.message[:300]


def doubts(_: Document, options: ExtractOptions, result: ExtractResult) -> Sequence[Doubt]:
    """Doubts from the checks in the result.

    A value that the schema lists is a choice and need not occur in the source.
    """
    listed = {_key(value) for value in _listed_values(options.json_schema)}
    copied = [entry for entry in result.evidence if _key(entry.value) not in listed]
    nowhere = [entry.value for entry in copied if entry.value_found is ValueFound.nowhere]
    signs = {
        Doubt.value_missing: bool(result.missing),
        Doubt.nothing_found: not result.evidence,
        Doubt.quote_not_found: bool(result.unverified or result.not_listed),
        Doubt.number_not_in_source: any(not _has_letters(value) for value in nowhere),
        Doubt.value_not_in_source: any(_has_letters(value) for value in nowhere),
        Doubt.value_not_in_quote: any(entry.value_found is ValueFound.source for entry in copied),
    }
    return [doubt for doubt, applies in signs.items() if applies]


def _key(value: Any) -> Any:
    """A hashable form of a JSON value."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def _listed_values(schema: Any) -> Iterator[Any]:
    """The values of every `enum` and `const` anywhere in the schema."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            yield from part["enum"] if isinstance(part.get("enum"), list) else ()
            yield from [part["const"]] if "const" in part else ()
            waiting += part.values()


TASK = Task(
    name="extract",
    version="1",
    description="Find the values that a JSON Schema asks for, each with a quote of the source and "
    "whether that quote occurs in the source.",
    options=ExtractOptions,
    result=ExtractResult,
    run=extract,
    doubts=doubts,
    result_faults=result_faults,
)
