"""Errors of a task on a document that was read, and whether a retry can help.

Each class has `retry`: `never`, `counted` (a limited number of times) or `uncounted` (as soon as
the cause is gone, without using up an attempt).

WorkError                     see `documents/errors.py`
└── TaskError                 never      the task has a defect; its subclasses have other causes
    ├── TaskGone              counted    no worker offers the task any more
    ├── OptionsMisfit         never      the options do not fit the task's current version
    ├── OptionsTooLong        never      the options leave no room for the document
    ├── OptionsInvalid        never      a document that the options name has unusable content
    ├── JobTimeout            never      the job exceeded its time limit
    ├── OutputError           counted    the model's answer is not usable; another seed may help
    │   └── ChecksFailed      never      the answer failed a check of a department task, twice
    └── EngineError           counted    the engine gave no answer
        ├── EngineUnavailable uncounted  the engine cannot be reached or is not healthy
        │   ├── EngineBusy    uncounted  the engine has too many requests
        │   └── EngineFaulty  uncounted  the engine refuses every request
        ├── EngineTimeout     counted    the engine did not answer in time
        └── EngineRefused     never      the engine rejected the request
"""

from __future__ import annotations

from documents.errors import Retry, WorkError


class TaskError(WorkError):
    """Raised directly only for a defect in a task."""

    code = "task-failed"
    title = "The task failed"


class TaskGone(TaskError):
    code = "task-gone"
    title = "The task is no longer offered"
    retry = Retry.counted


class OptionsMisfit(TaskError):
    code = "options-misfit"
    title = "The options no longer fit the task"


class OptionsTooLong(TaskError):
    code = "options-too-long"
    title = "The options leave no room for the document"


class OptionsInvalid(TaskError):
    code = "options-invalid"
    title = "A document named in the options cannot be used"


class JobTimeout(TaskError):
    code = "job-timeout"
    title = "The job exceeded its time limit"


class OutputError(TaskError):
    code = "output-invalid"
    title = "The model's answer could not be used"
    retry = Retry.counted


class ChecksFailed(OutputError):
    code = "checks-failed"
    title = "The answer failed the task's own checks"
    retry = Retry.never

    def __init__(self, detail: str, faults: str = "") -> None:
        """`faults` may quote the answer: `chancery task test` prints them, nothing stores them."""
        super().__init__(detail)
        self.faults = faults


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


class EngineFaulty(EngineUnavailable):
    """Raised while the engine is up: unlike its death, it says nothing about the job in hand."""

    code = "engine-faulty"
    title = "The engine refuses every request"


class EngineTimeout(EngineError):
    code = "engine-timeout"
    title = "The engine did not answer in time"


class EngineRefused(EngineError):
    code = "engine-refused"
    title = "The engine rejected the request"
    retry = Retry.never
