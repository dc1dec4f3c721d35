"""The result of `redact`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from documents.source import ResultFile
from tasks.limits import MOST_LISTED
from tasks.redact.findings import Finding
from tasks.redact.kinds import Kind


class PossibleName(BaseModel):
    """A word that may be a name. It was not masked."""

    text: str = Field(description="The word.")
    start: int = Field(
        description="Offset of the first character in the document's original text, from 0."
    )
    end: int = Field(description="Offset after the last character.")
    page: int | None = Field(None, description="The page, from 1; null if the format has no pages.")


class InFile(BaseModel):
    """The number of masked items in one part of the file, including parts not shown in `text`."""

    part: str = Field(description="`body`, `headers`, `comments`, `properties`, `page 3`, ...")
    kind: Kind = Field(description="What was masked.")
    count: int = Field(description="The number of items.")


class MaskedBox(BaseModel):
    """A box of a page or picture that was painted over. An item on two lines has two."""

    part: str = Field(description="As in `in_file`: `page 3`, or the name of a picture.")
    kind: Kind = Field(description="What was masked.")
    box: tuple[float, float, float, float] = Field(
        description="Left, top, right, bottom in points from the top left corner."
    )


class NotCovered(BaseModel):
    """A part of the file that was not checked. A person must check it before publication."""

    what: str = Field(
        description="`picture`, `embedded file`, or `file` if no masked file was created."
    )
    where: str = Field(description="Its position or name in the file, or the reason.")


class Removed(BaseModel):
    """A kind of content that was removed from the file."""

    what: str = Field(description="What was removed.")
    count: int = Field(description="The number of removed items.")


class RedactResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": "联系电话：138****5678。",
                "findings": [
                    {
                        "kind": "mobile",
                        "start": 5,
                        "end": 16,
                        "page": None,
                        "box": None,
                        "found_by": "rule",
                        "valid": None,
                        "replacement": "138****5678",
                    }
                ],
                "not_listed": 0,
                "counts": {"mobile": 1},
                "model_asked": False,
                "possible_names": [],
                "possible_names_not_listed": 0,
                "unplaced": 0,
                "file": None,
                "in_file": [],
                "boxes": [],
                "removed": [],
                "not_covered": [],
                "report": None,
                "notice": "",
            }
        }
    )

    text: str = Field(description="The document's text, masked.")
    findings: list[Finding] = Field(
        description=f"What was masked in the text, in order, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(
        0, description="How many more were masked in the text than `findings` lists."
    )
    counts: dict[Kind, int] = Field(
        description="How many of each kind were masked in the text, listed or not."
    )
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    possible_names: list[PossibleName] = Field(
        default=[],
        description="Words that may be names and were not masked, because names were to be masked "
        f"and no model was asked, at most {MOST_LISTED:,}. A person must check them before "
        "publication; give those that are names in `terms`.",
    )
    possible_names_not_listed: int = Field(
        0, description="How many more there are than `possible_names` lists."
    )
    unplaced: int = Field(
        description="How many words from the model are not in the text. They were ignored."
    )
    file: ResultFile | None = Field(
        None,
        description="The masked file; null if `not_covered` has an entry `file`. Its media type "
        "differs from the original's where the original's format cannot be written.",
    )
    in_file: list[InFile] = Field(description="What was masked in the file.")
    boxes: list[MaskedBox] = Field(
        default=[],
        description=f"Where it was painted over, at most {MOST_LISTED:,}; empty for files that "
        "are not pages or pictures. Pages without items stay text.",
    )
    removed: list[Removed] = Field(description="What was removed from the file.")
    not_covered: list[NotCovered] = Field(
        description="Parts of the file that were not checked. A person must check them before "
        "publication."
    )
    report: ResultFile | None = Field(
        None,
        description="The report for the person who signs, as an HTML file; null for a text that "
        "came in the request.",
    )
    notice: str = Field(
        "",
        description="What `not_covered` means for this document, in words; empty if it is empty.",
    )
