"""Functions that tests call in a process."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from pydantic import BaseModel, Field

from documents.document import Document
from documents.errors import CorruptDocument
from documents.isolation.protocol import LENGTH
from tasks.errors import OutputError


class Row(BaseModel):
    name: str = Field(alias="Name")
    places: tuple[int, ...]


def length(text: str, *, times: int = 1) -> int:
    return len(text) * times


def pid(text: str) -> int:
    return os.getpid() + 0 * len(text)


def rows(text: str) -> list[Row]:
    return [Row(Name=text[:3], places=(1, 2))]


def wait_at(path: str, padding: str) -> str:
    """Wait until the FIFO is written to."""
    return Path(path).read_text() + padding[:0]


def spin(text: str) -> int:
    while True:
        text = text[1:] + text[:1]


def memory(text: str) -> int:
    return len([text * 1_000_000 for _ in range(100)])


def repeated(text: str, times: int) -> str:
    return text * times


def surrogate(text: str) -> str:
    return text[:1] + "\udc00"


def refuse(text: str) -> int:
    raise CorruptDocument(f"refused {len(text)}")


def refuse_as_task(text: str) -> int:
    raise OutputError(f"invalid {len(text)}")


def defect(text: str) -> int:
    raise RuntimeError(text)


def invalid(text: str) -> int:
    return text  # type: ignore[return-value]


def die(text: str) -> int:
    os.kill(os.getpid(), signal.SIGSEGV)
    return len(text)


def connects(text: str, port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return bool(text)


def answer_instead(text: str, messages: list[bytes]) -> int:
    """As a process that a document has taken over: send other messages than the result."""
    for number in range(3, 256):
        try:
            if os.path.realpath(f"/proc/self/fd/{number}").startswith("/proc/") and "socket" in str(
                Path(f"/proc/self/fd/{number}").readlink()
            ):
                for message in messages:
                    os.write(number, LENGTH.pack(len(message)) + message)
        except OSError:
            continue
    return len(text)


def document_length(document: Document) -> int:
    return len(document.text)


def slow_pid(text: str) -> int:
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    return os.getpid() + 0 * len(text)
