"""Further documents that a task's options name, beside the one that it works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel, model_validator
from pydantic_core import PydanticCustomError

from documents.document import Document
from documents.errors import DocumentMissing

Thing = TypeVar("Thing")

LIBRARY_NAME = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"


class DocumentRef(BaseModel):
    """A further document: its text, or the id of one that the department uploaded before."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(None, description="The text itself.")
    document_id: str | None = Field(None, max_length=100, description="A document uploaded before.")
    _document: Document | None = PrivateAttr(None)  # given before a task is run

    @model_validator(mode="after")
    def _one_of_two(self) -> DocumentRef:
        if (self.text is None) == (self.document_id is None):
            raise PydanticCustomError("input", "Give either `text` or `document_id`.")
        return self

    @property
    def document(self) -> Document:
        """Raises `DocumentMissing` where none was given."""
        return _given(self._document)

    def give(self, document: Document) -> None:
        self._document = document


def listed_or_named(value: Any) -> str | None:
    """Which of two an option is, for a `Discriminator`: a list in the options, or a `DocumentRef`
    to one. So what is wrong with a list is not told of a document, too.
    """
    if isinstance(value, list | tuple):
        return "list"
    return "document" if isinstance(value, dict | DocumentRef) else None


class LibraryRef(RootModel[Annotated[str, Field(pattern=LIBRARY_NAME)]]):
    """The name of a library of the department, as it is when the job runs."""

    _documents: tuple[Document, ...] | None = PrivateAttr(None)

    @property
    def documents(self) -> tuple[Document, ...]:
        """Raises `DocumentMissing` where none were given."""
        return _given(self._documents)

    def give(self, documents: Sequence[Document]) -> None:
        self._documents = tuple(documents)


def references_in(options: Any) -> Iterator[DocumentRef | LibraryRef]:
    """Every reference in a task's options, wherever in them it is."""
    if isinstance(options, DocumentRef | LibraryRef):
        yield options
    elif isinstance(options, BaseModel):
        for name in type(options).model_fields:
            yield from references_in(getattr(options, name))
    elif isinstance(options, Mapping):
        for value in options.values():
            yield from references_in(value)
    elif isinstance(options, Sequence) and not isinstance(options, str):
        for value in options:
            yield from references_in(value)


def _given(thing: Thing | None) -> Thing:
    if thing is None:
        raise DocumentMissing("A document that the options name was not read.")
    return thing
