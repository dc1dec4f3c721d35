"""Names and addresses that a model finds, kept only where they stand in the text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.document import Document
from tasks.engine import Engine
from tasks.model.answer_schema import Schema, list_of, object_of, text_of
from tasks.model.output import ask, fence, room_for_text
from tasks.model.split import Part, split, work_on_all
from tasks.redact.finders.names import Known
from tasks.redact.kinds import How, Kind
from tasks.text.plain import compact, plain

PROMPT = """<document>
{text}
</document>

List, exactly as they are written in the document:
{asked}
Leave out offices, companies and public places. Where there are none, give an empty list."""

ASKED: Mapping[Kind, tuple[str, str]] = {
    Kind.name: ("names", '"names": the names of private persons'),
    Kind.address: ("addresses", '"addresses": the home addresses of private persons, in full'),
}
ANSWER_TOKENS = 768
_MOST, _LONGEST, _SHORTEST = 40, 80, 2


@dataclass(frozen=True, slots=True)
class Said:
    """`words` stand in the document; `unplaced` counts those that the model made up."""

    words: Mapping[Kind, Sequence[str]]
    unplaced: int


async def ask_for(kinds: Collection[Kind], document: Document, engine: Engine) -> Said:
    """What the model finds of names and addresses, where `kinds` has them.

    Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises.
    """
    wanted = [kind for kind in ASKED if kind in kinds]
    room = await room_for_text(engine, _prompt(wanted, ""), ANSWER_TOKENS)
    parts = await split(document, room.text, engine)

    async def one(part: Part) -> Mapping[Kind, Sequence[str]]:
        text = document.text[part.start : part.end]
        data, _ = await ask(
            engine, _prompt(wanted, text), schema=_schema(wanted), max_tokens=room.answer
        )
        return {kind: _words(data, ASKED[kind][0]) for kind in wanted}

    answers = await work_on_all(parts, one, engine)
    searched = plain(document.text)
    words: dict[Kind, list[str]] = {kind: [] for kind in wanted}
    unplaced = 0
    for kind in wanted:
        for said in dict.fromkeys(word for answer in answers for word in answer[kind]):
            if next(Known(kind, How.model, [said]).find(searched), None) is None:
                unplaced += 1
            else:
                words[kind].append(said)
    return Said({kind: found for kind, found in words.items() if found}, unplaced)


def _words(data: Any, name: str) -> Sequence[str]:
    given = data.get(name) if isinstance(data, dict) else None
    listed = given if isinstance(given, list) else []
    texts = [one.strip() for one in listed if isinstance(one, str)]
    return [one for one in texts if len(compact(plain(one))) >= _SHORTEST and len(one) <= _LONGEST]


def _prompt(wanted: Sequence[Kind], text: str) -> str:
    asked = "\n".join(ASKED[kind][1] for kind in wanted)
    return PROMPT.format(text=fence(text), asked=asked)


def _schema(wanted: Sequence[Kind]) -> Schema:
    some = list_of(text_of(_LONGEST, least=_SHORTEST), _MOST)
    return object_of(**{ASKED[kind][0]: some for kind in wanted})
