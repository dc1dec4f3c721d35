"""The client of Chancery: `Chancery`, `AsyncChancery`, and `verify` for callbacks."""

from chancery.async_client import AsyncChancery
from chancery.callbacks import Event, verify
from chancery.client import Chancery
from chancery.errors import (
    ApiProblem,
    CallbackNotGenuine,
    ChanceryError,
    Conflict,
    InvalidRequest,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    WaitTimeout,
)
from chancery.models import (
    Attempt,
    Batch,
    BatchLine,
    Callback,
    Document,
    File,
    Job,
    Library,
    Redelivered,
    TaskInfo,
)

__all__ = [
    "ApiProblem",
    "AsyncChancery",
    "Attempt",
    "Batch",
    "BatchLine",
    "Callback",
    "CallbackNotGenuine",
    "Chancery",
    "ChanceryError",
    "Conflict",
    "Document",
    "Event",
    "File",
    "InvalidRequest",
    "Job",
    "Library",
    "NotFound",
    "RateLimited",
    "Redelivered",
    "TaskInfo",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "WaitTimeout",
    "verify",
]
