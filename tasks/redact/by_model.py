"""Asks a model for names and addresses; keeps only those that are in the text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.document import Document
from documents.isolation.compute import compute
from tasks.engine import Engine
from tasks.model.answer_schema import Schema, list_of, object_of, text_of
from tasks.model.output import ask, fence, room_for_text
from tasks.model.split import Part, split, work_on_all
from tasks.redact.finders.words import words_in
from tasks.redact.kinds import Kind
from tasks.redact.views import searched
from tasks.text.plain import compact, plain

PROMPT = """<document>
{text}
</document>

List, exactly as they are written in the document:
{asked}
Leave out offices, companies and public places. Where there are none, give an empty list."""

_ASKED: Mapping[Kind, tuple[str, str]] = {
    Kind.name: ("names", '"names": the names of private persons'),
    Kind.address: ("addresses", '"addresses": the home addresses of private persons, in full'),
}
ANSWER_TOKENS = 768
_MOST, _LONGEST, _SHORTEST = 40, 80, 2


@dataclass(frozen=True, slots=True)
class ModelFindings:
    """`words` are in the document; `unplaced` counts words from the model that are not."""

    words: Mapping[Kind, Sequence[str]]
    unplaced: int


async def ask_model(
    kinds: Collection[Kind], document: Document, engine: Engine
) -> ModelFindings | None:
    """Asks the model for names and addresses; returns None if `kinds` includes neither.

    Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and errors of the engine.
    """
    kinds_asked = [kind for kind in _ASKED if kind in kinds]
    if not kinds_asked:
        return None
    room = await room_for_text(engine, _prompt(kinds_asked, ""), ANSWER_TOKENS)
    parts = await split(document, room.text, engine)

    async def ask_part(part: Part) -> _PartAnswer:
        text = document.text[part.start : part.end]
        data, _ = await ask(
            engine, _prompt(kinds_asked, text), schema=_schema(kinds_asked), max_tokens=room.answer
        )
        proposed = {kind: _words(data, _ASKED[kind][0]) for kind in kinds_asked}
        return await compute(_place, text, proposed)

    answers = await work_on_all(parts, ask_part, engine)
    words = {
        kind: list(dict.fromkeys(word for answer in answers for word in answer.words[kind]))
        for kind in kinds_asked
    }
    unplaced = sum(answer.unplaced for answer in answers)
    return ModelFindings({kind: listed for kind, listed in words.items() if listed}, unplaced)


@dataclass(frozen=True, slots=True)
class _PartAnswer:
    """As `ModelFindings`, for one part of the document."""

    words: Mapping[Kind, Sequence[str]]
    unplaced: int


def _place(text: str, proposed: Mapping[Kind, Sequence[str]]) -> _PartAnswer:
    """Keeps the words that are in the part of the document that the model was shown."""
    form = searched(text)
    words = {kind: words_in(listed, form) for kind, listed in proposed.items()}
    counts = (len(listed) - len(words[kind]) for kind, listed in proposed.items())
    return _PartAnswer(words, sum(counts))


def _words(data: Any, name: str) -> Sequence[str]:
    value = data.get(name) if isinstance(data, dict) else None
    listed = value if isinstance(value, list) else []
    texts = dict.fromkeys(one.strip() for one in listed[:_MOST] if isinstance(one, str))
    return [one for one in texts if len(one) <= _LONGEST and len(compact(plain(one))) >= _SHORTEST]


def _prompt(kinds_asked: Sequence[Kind], text: str) -> str:
    asked = "\n".join(_ASKED[kind][1] for kind in kinds_asked)
    return PROMPT.format(text=fence(text), asked=asked)


def _schema(kinds_asked: Sequence[Kind]) -> Schema:
    some = list_of(text_of(_LONGEST, least=_SHORTEST), _MOST)
    return object_of(**{_ASKED[kind][0]: some for kind in kinds_asked})
