"""The prompt for an official document, and the model's answer."""

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


class SectionAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    heading: str
    paragraphs: list[str]


class DraftAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: str
    opening: str
    sections: list[SectionAnswer]

    def texts(self) -> list[str]:
        body = [text for part in self.sections for text in (part.heading, *part.paragraphs)]
        return [self.subject, self.opening, *body]


def joined(answers: Sequence[DraftAnswer]) -> DraftAnswer:
    """Join the answers for several parts; all openings but the first become paragraphs."""
    first, *rest = answers
    sections = list(first.sections)
    for answer in rest:
        if answer.opening.strip():
            sections.append(SectionAnswer(heading="", paragraphs=[answer.opening]))
        sections += answer.sections
    return DraftAnswer(subject=first.subject, opening=first.opening, sections=sections)


def prompt(text: str, kind: Kind, details: Mapping[str, str]) -> str:
    """The prompt for `text`, with further `details` by name."""
    about = "".join(f"\n- {name}: {fence(value)}" for name, value in details.items())
    return PROMPT.format(text=fence(text), kind=kind.value, about=about)


def read(data: Any) -> DraftAnswer:
    """Raises `OutputError` for an answer that is not a document or has no text."""
    try:
        answer = DraftAnswer.model_validate(data)
    except ValidationError:
        raise OutputError("The model's answer is JSON, but not an official document.") from None
    if not any(text.strip() for text in answer.texts()[1:]):
        raise OutputError("The model wrote no text.")
    return answer


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
