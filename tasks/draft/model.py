"""What a model is asked for an official document, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.errors import OutputError
from tasks.model.answer_schema import Schema, list_of, object_of, text_of
from tasks.model.output import fence
from tasks.official_layout.kinds import Kind

PROMPT = """<document>
{text}
</document>

The document holds facts and a brief. Write from it an official document (公文) of the kind {kind},
in formal Chinese:{about}
- subject: what it is about, without 关于, as it stands in the title
- opening: the first paragraph, on reason and purpose
- sections: the matter itself, each with a short heading and its paragraphs; the heading is empty
  where one section is enough
Leave out title, recipient, ending formula, signature and date: they are added. Take every name,
number, date and organisation from the document; where one is missing, write 【待补】 for it."""
MOST_SECTIONS, MOST_PARAGRAPHS = 10, 8
LONGEST_SUBJECT, LONGEST_HEADING, LONGEST_PARAGRAPH = 60, 40, 400


class SaidSection(BaseModel):
    model_config = ConfigDict(extra="forbid")
    heading: str
    paragraphs: list[str]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: str
    opening: str
    sections: list[SaidSection]

    def texts(self) -> list[str]:
        inside = [text for one in self.sections for text in (one.heading, *one.paragraphs)]
        return [self.subject, self.opening, *inside]


def joined(said: Sequence[Said]) -> Said:
    """Of facts that were worked on in parts: the first opening, the others as paragraphs."""
    first, *rest = said
    sections = list(first.sections)
    for one in rest:
        opening = [SaidSection(heading="", paragraphs=[one.opening])] if one.opening.strip() else []
        sections += [*opening, *one.sections]
    return Said(subject=first.subject, opening=first.opening, sections=sections)


def prompt(text: str, kind: Kind, said: Mapping[str, str]) -> str:
    """`said` is what else the model is told, each by what it is."""
    about = "".join(f"\n- {name}: {fence(value)}" for name, value in said.items())
    return PROMPT.format(text=fence(text), kind=kind.value, about=about)


def read(data: Any) -> Said:
    try:
        said = Said.model_validate(data)
    except ValidationError:
        raise OutputError("The model's answer is JSON, but no official document.") from None
    if not any(text.strip() for text in said.texts()[1:]):
        raise OutputError("The model wrote no text.")
    return said


def schema() -> Schema:
    section = object_of(
        heading=text_of(LONGEST_HEADING),
        paragraphs=list_of(text_of(LONGEST_PARAGRAPH, least=1), MOST_PARAGRAPHS, least=1),
    )
    return object_of(
        subject=text_of(LONGEST_SUBJECT, least=1),
        opening=text_of(LONGEST_PARAGRAPH, least=1),
        sections=list_of(section, MOST_SECTIONS),
    )
