"""Documents that a task's options name, in addition to the document that it works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel, model_validator
from pydantic_core import PydanticCustomError

from documents.document import Document
from documents.errors import DocumentMissing

Resolved = TypeVar("Resolved")

LIBRARY_NAME = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"


class DocumentRef(BaseModel):
    """A document: its text, or the id of an uploaded document."""

    model_config = ConfigDict(extra="forbid")

    # The submission checks it against CHANCERY_MAX_TEXT_CHARS too.
    text: str | None = Field(None, max_length=10_000_000, description="The text itself.")
    document_id: str | None = Field(
        None, max_length=100, description="The id of an uploaded document."
    )
    _document: Document | None = PrivateAttr(None)  # set before the task runs

    @model_validator(mode="after")
    def _one_of_two(self) -> DocumentRef:
        if (self.text is None) == (self.document_id is None):
            raise PydanticCustomError("input", "Give either `text` or `document_id`.")
        return self

    @property
    def document(self) -> Document:
        """Raises `DocumentMissing` unless `give` was called."""
        return _resolved(self._document)

    def give(self, document: Document) -> None:
        self._document = document


def list_or_document(value: Any) -> str | None:
    """Tag for a `Discriminator` between a list and a `DocumentRef`.

    With it, errors are reported only for the alternative that was sent.
    """
    if isinstance(value, list | tuple):
        return "list"
    return "document" if isinstance(value, dict | DocumentRef) else None


class LibraryRef(RootModel[Annotated[str, Field(max_length=64, pattern=LIBRARY_NAME)]]):
    """The name of one of the department's libraries. Its content is read when the job runs."""

    _documents: tuple[Document, ...] | None = PrivateAttr(None)

    @property
    def documents(self) -> tuple[Document, ...]:
        """Raises `DocumentMissing` unless `give` was called."""
        return _resolved(self._documents)

    def give(self, documents: Sequence[Document]) -> None:
        self._documents = tuple(documents)


def references_in(options: Any) -> Iterator[DocumentRef | LibraryRef]:
    """Every reference in a task's options, at any depth."""
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


def _resolved(value: Resolved | None) -> Resolved:
    if value is None:
        raise DocumentMissing("A document that the options name was not read.")
    return value
