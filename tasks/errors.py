"""Why a task can fail on a document that was read, and whether trying again can help.

TaskError                     a `WorkError`, beside those of `documents/errors.py`
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

from documents.errors import Retry, WorkError


class TaskError(WorkError):
    """Raised itself only for a task that has a defect."""

    code = "task-failed"
    title = "The task failed"


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
