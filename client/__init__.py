"""What department software installs: client, callback verification, the `chancery` command."""

from client.async_client import AsyncChancery
from client.callbacks import Event, verify
from client.client import Chancery
from client.errors import (
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
from client.models import (
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
