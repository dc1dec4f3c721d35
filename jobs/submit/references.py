"""Documents and libraries that a job's options refer to, besides the job's own document."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from jobs.model.problems import ProblemError
from tasks.references import DocumentRef, LibraryRef, references_in


@dataclass(frozen=True, slots=True)
class OptionReferences:
    """Ids of documents, names of libraries, and texts given in the options themselves."""

    document_ids: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: BaseModel) -> OptionReferences:
        references = list(references_in(options))
        documents = [one for one in references if isinstance(one, DocumentRef)]
        return cls(
            document_ids=frozenset(one.document_id for one in documents if one.document_id),
            libraries=frozenset(one.root for one in references if isinstance(one, LibraryRef)),
            texts=tuple(one.text for one in documents if one.text is not None),
        )


def no_such_reference(document_id: str) -> ProblemError:
    return ProblemError(
        "not-found",
        f"The options refer to the document {document_id}, which the department does not have. "
        "Upload it first; it may have expired.",
        errors=[{"pointer": "#/options", "detail": "A referenced document does not exist."}],
    )


def no_such_library(name: str) -> ProblemError:
    return ProblemError(
        "not-found",
        f"The options refer to the library {name}, which the department does not have. "
        "PUT /v1/libraries/NAME/documents/ID creates it with its first document.",
        errors=[{"pointer": "#/options", "detail": "A referenced library does not exist."}],
    )
