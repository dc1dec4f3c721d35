"""The problems of the work on a document, by the codes of the errors that it raises."""

from __future__ import annotations

from collections.abc import Mapping

from documents.errors import (
    READABLE,
    ComputeCrashed,
    ComputeError,
    ComputeTimeout,
    ComputeTooLarge,
    CorruptDocument,
    DocumentError,
    DocumentMissing,
    DocumentTooLong,
    EmptyDocument,
    EncryptedDocument,
    NoTextLayer,
    PagesUnread,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
    RedactionIncomplete,
    SecrecyMarked,
    SecrecyUnchecked,
    UnsupportedDocument,
)
from jobs.model.problem_types.problem_type import ProblemType
from tasks.errors import (
    ChecksFailed,
    EngineBusy,
    EngineError,
    EngineFaulty,
    EngineRefused,
    EngineTimeout,
    EngineUnavailable,
    JobTimeout,
    OptionsInvalid,
    OptionsMisfit,
    OptionsTooLong,
    OutputError,
    TaskError,
    TaskGone,
)

WORK_PROBLEMS: Mapping[str, ProblemType] = {
    # Codes and titles of these belong to the error classes.
    DocumentError.code: ProblemType(
        422,
        DocumentError.title,
        "Open the document with the program that created it and save it again.",
    ),
    EmptyDocument.code: ProblemType(
        422, EmptyDocument.title, "Send the complete document, with its text."
    ),
    CorruptDocument.code: ProblemType(
        422,
        CorruptDocument.title,
        "Send the document again. If it fails again, save it again with the program that created "
        "it.",
    ),
    EncryptedDocument.code: ProblemType(
        422, EncryptedDocument.title, "Remove the password and send the document again."
    ),
    UnsupportedDocument.code: ProblemType(
        422,
        UnsupportedDocument.title,
        f"Save the document in one of these formats: {READABLE}. The format is detected from the "
        "bytes; the file name's extension is ignored.",
    ),
    NoTextLayer.code: ProblemType(
        422,
        NoTextLayer.title,
        "Send a document with a text layer: its pages are pictures, and OCR, which reads PDFs and "
        "pictures, is switched off or does not support this format.",
    ),
    PagesUnread.code: ProblemType(
        422,
        PagesUnread.title,
        "Split the document, so that OCR can read all of its scanned pages. The task `parse` "
        "returns the text that was read and lists the pages that were not.",
    ),
    DocumentTooLong.code: ProblemType(422, DocumentTooLong.title, "Split the document."),
    ReadTimeout.code: ProblemType(
        422,
        ReadTimeout.title,
        "Split the document, or save it again with the program that created it.",
    ),
    ReaderCrashed.code: ProblemType(
        422, ReaderCrashed.title, "Save the document again with the program that created it."
    ),
    RedactionIncomplete.code: ProblemType(
        422,
        RedactionIncomplete.title,
        "Use the masked text. To get a masked file, print the document to a new PDF, or save it "
        "again with the program that created it, and send that.",
    ),
    SecrecyUnchecked.code: ProblemType(
        422,
        SecrecyUnchecked.title,
        "The document was not stored. Send it again later; if that fails too, divide it, or save "
        "it as another format. Operators: CHANCERY_SECRECY_LOOK_SECONDS is the time of the check, "
        "and CHANCERY_SECRECY_UNREAD=mark accepts such documents.",
    ),
    SecrecyMarked.code: ProblemType(
        422,
        SecrecyMarked.title,
        "Do not send it here: the document has a secrecy marking (绝密, 机密 or 秘密) that the "
        "department's policy does not allow, and it was not stored. If the marking is a mistake, "
        "correct the document; otherwise follow the rules for such documents.",
    ),
    DocumentMissing.code: ProblemType(
        404,
        DocumentMissing.title,
        "Send the document again. Operators: all machines must share one store.",
    ),
    ComputeError.code: ProblemType(
        500,
        ComputeError.title,
        "Submit the job once more. If it fails again, tell the operators: the log names the place.",
    ),
    ComputeTimeout.code: ProblemType(
        422, ComputeTimeout.title, "Split the document, or simplify the options."
    ),
    ComputeTooLarge.code: ProblemType(
        422, ComputeTooLarge.title, "Split the document, or simplify the options."
    ),
    ComputeCrashed.code: ProblemType(
        422, ComputeCrashed.title, "Split the document, or simplify the options."
    ),
    ReaderUnavailable.code: ProblemType(
        503, ReaderUnavailable.title, "Submit the job again later, and tell the operators."
    ),
    TaskError.code: ProblemType(
        500, TaskError.title, "Read the job's `error`, and submit the job once more."
    ),
    TaskGone.code: ProblemType(
        503,
        TaskGone.title,
        "Use a task that GET /v1/tasks lists. The task's file was removed after the job was "
        "accepted, or the workers were started without it: tell the operators.",
    ),
    OptionsMisfit.code: ProblemType(
        422,
        OptionsMisfit.title,
        "Submit the job again with options that match the task's current schema in GET /v1/tasks: "
        "the task's file was changed after the job was accepted.",
    ),
    OptionsTooLong.code: ProblemType(
        422, OptionsTooLong.title, "Shorten the options: the instructions, labels or the schema."
    ),
    OptionsInvalid.code: ProblemType(
        422,
        OptionsInvalid.title,
        "Correct the document that the options name, at the line given in the detail, and submit "
        "the job again.",
    ),
    JobTimeout.code: ProblemType(
        504,
        JobTimeout.title,
        "Split the document, or submit the job again when the engines are less busy.",
    ),
    OutputError.code: ProblemType(
        502, OutputError.title, "Submit the job again. If it fails again, simplify the options."
    ),
    ChecksFailed.code: ProblemType(
        502,
        ChecksFailed.title,
        "Check that the document contains what the task asks for. The job's error names the check; "
        "the author of the task's file can relax it, or make it report only.",
    ),
    EngineError.code: ProblemType(
        502, EngineError.title, "Submit the job again later, and tell the operators."
    ),
    EngineUnavailable.code: ProblemType(
        503,
        EngineUnavailable.title,
        "Nothing to do: the job runs again when the engine is available.",
    ),
    EngineFaulty.code: ProblemType(
        503,
        EngineFaulty.title,
        "Nothing to do: the job runs again when the operators have mended the engine.",
    ),
    EngineBusy.code: ProblemType(
        503, EngineBusy.title, "Nothing to do: the job runs again shortly."
    ),
    EngineTimeout.code: ProblemType(
        504, EngineTimeout.title, "Submit the job again. If it fails again, shorten the document."
    ),
    EngineRefused.code: ProblemType(
        422,
        EngineRefused.title,
        "Read the detail; a simpler schema or a shorter document may help.",
    ),
}
