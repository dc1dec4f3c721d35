"""Why work on a document can fail, and whether trying again can help.

TaskError
├── DocumentError             the document cannot be read: never tried again
│   ├── EmptyDocument
│   ├── CorruptDocument
│   ├── EncryptedDocument
│   ├── UnsupportedDocument
│   ├── NoTextLayer           pages are pictures: they need OCR
│   ├── PagesUnread           some pages are pictures that nobody read
│   ├── DocumentTooLong
│   ├── ReadTimeout           reading took longer than allowed
│   ├── ReaderCrashed         the document killed the process that read it
│   ├── RedactionIncomplete   something would have been left in the masked file
│   ├── SecrecyMarked         it bears a marking that the department may not send
│   └── DocumentMissing       its bytes are not in the store
├── ReaderUnavailable         no process to read with: tried again, counted
├── TaskGone                  no worker offers the task any more: tried again, counted
├── OptionsMisfit             they do not fit the task as it is now: never tried again
├── OptionsTooLong            they leave no room for the document: never tried again
├── OptionsInvalid            a document that they name does not hold what it should: likewise
├── JobTimeout                the job ran longer than a job may: never tried again
├── OutputError               the model's answer is not usable: tried again with another seed
│   └── ChecksFailed          it failed a check of the department's own: never tried again
└── EngineError               the engine gave no answer
    ├── EngineUnavailable     tried again when the engine is healthy, not counted
    │   └── EngineBusy        it has too many requests: likewise
    ├── EngineTimeout         tried again, counted
    └── EngineRefused         the engine rejects the request: never tried again
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Retry(StrEnum):
    never = "never"
    counted = "counted"
    uncounted = "uncounted"


class TaskError(Exception):
    """Base of all. `code` and `title` are stable; `str(error)` says what happened, what to do."""

    code: ClassVar[str] = "task-failed"
    title: ClassVar[str] = "The task failed"
    retry: ClassVar[Retry] = Retry.never


class DocumentError(TaskError):
    code = "document-unreadable"
    title = "The document cannot be read"


class EmptyDocument(DocumentError):
    code = "document-empty"
    title = "The document holds no text"


class CorruptDocument(DocumentError):
    code = "document-corrupt"
    title = "The document is damaged"


class EncryptedDocument(DocumentError):
    code = "document-encrypted"
    title = "The document is encrypted"


class UnsupportedDocument(DocumentError):
    code = "document-unsupported"
    title = "No reader for this kind of document"


class NoTextLayer(DocumentError):
    code = "document-no-text-layer"
    title = "The document is pictures without text"


class PagesUnread(DocumentError):
    code = "document-pages-unread"
    title = "Some pages of the document were not read"


class DocumentTooLong(DocumentError):
    code = "document-too-long"
    title = "The document is longer than allowed"


class ReadTimeout(DocumentError):
    code = "document-read-timeout"
    title = "Reading the document took longer than allowed"


class DocumentMissing(DocumentError):
    code = "document-missing"
    title = "The document is not in the store"


class ReaderCrashed(DocumentError):
    code = "document-reader-crashed"
    title = "The reader broke down on the document"


class RedactionIncomplete(DocumentError):
    code = "redaction-incomplete"
    title = "No masked file could be made that is sure to hold nothing"


class SecrecyMarked(DocumentError):
    code = "secrecy-marked"
    title = "The document is marked as a state secret"


class ReaderUnavailable(TaskError):
    code = "reader-unavailable"
    title = "No process could be started to read the document"
    retry = Retry.counted


class TaskGone(TaskError):
    code = "task-gone"
    title = "The task is not offered any more"
    retry = Retry.counted


class OptionsMisfit(TaskError):
    code = "options-misfit"
    title = "The options do not fit the task any more"


class OptionsTooLong(TaskError):
    code = "options-too-long"
    title = "The options leave no room for the document"


class OptionsInvalid(TaskError):
    code = "options-invalid"
    title = "What the options name cannot be used"


class JobTimeout(TaskError):
    code = "job-timeout"
    title = "The job ran longer than a job may"


class OutputError(TaskError):
    code = "output-invalid"
    title = "The model's answer could not be used"
    retry = Retry.counted


class ChecksFailed(OutputError):
    code = "checks-failed"
    title = "The answer failed the task's own checks"
    retry = Retry.never

    def __init__(self, detail: str, said: str = "") -> None:
        """`said` is for whoever tries the task: it may quote the answer, and is not kept."""
        super().__init__(detail)
        self.said = said


class EngineError(TaskError):
    code = "engine-failed"
    title = "The engine gave no answer"
    retry = Retry.counted


class EngineUnavailable(EngineError):
    code = "engine-unavailable"
    title = "The engine is not available"
    retry = Retry.uncounted


class EngineBusy(EngineUnavailable):
    code = "engine-busy"
    title = "The engine has too many requests"


class EngineTimeout(EngineError):
    code = "engine-timeout"
    title = "The engine did not answer in time"


class EngineRefused(EngineError):
    code = "engine-refused"
    title = "The engine rejected the request"
    retry = Retry.never
