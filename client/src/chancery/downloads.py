"""Downloads: resumed after broken connections, split into lines, written atomically to a file."""

from __future__ import annotations

import stat
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import httpx
from pydantic import ValidationError

from chancery.call import Call
from chancery.errors import UnexpectedAnswer
from chancery.exchange import Attempts, problem, unexpected
from chancery.messages import message
from chancery.models import BatchLine


class Download:
    """The attempts of one download. Each continues where the last one broke off.

    No attempt starts later than `seconds` after the last byte was received.
    """

    def __init__(self, call: Call[None], seconds: float) -> None:
        self._call = call
        self._seconds = seconds
        self._attempts = Attempts(seconds)
        self._received = 0
        self._to_skip = 0

    def request(
        self, http: httpx.Client | httpx.AsyncClient
    ) -> AbstractContextManager[httpx.Request]:
        # Ranges count bytes of the encoded content, so compression must be off to resume.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self._received:
            headers["Range"] = f"bytes={self._received}-"
        return self._attempts.request(http, replace(self._call, headers=headers))

    def start(self, response: httpx.Response) -> None:
        """Accept a response that starts at the requested byte, or at 0: then skip known bytes.

        Raises `UnexpectedAnswer` if it starts elsewhere.
        """
        self._to_skip = self._received
        if response.status_code == 206:
            content_range = response.headers.get("Content-Range", "")
            if not content_range.startswith(f"bytes {self._received}-"):
                raise unexpected(response)
            self._to_skip = 0
        elif not response.is_success:
            raise unexpected(response)

    def new_bytes(self, chunk: bytes) -> bytes:
        """The part of `chunk` that was not received before."""
        skipped = min(self._to_skip, len(chunk))
        self._to_skip -= skipped
        chunk = chunk[skipped:]
        if chunk:
            self._received += len(chunk)
            self._attempts = Attempts(self._seconds)
        return chunk

    def pause(
        self, request_url: httpx.URL, outcome: httpx.Response | httpx.TransportError
    ) -> float:
        """Seconds until the next attempt. Raises the error of `outcome` if there is none."""
        pause = self._attempts.pause(self._call, outcome)
        if pause is not None:
            return pause
        if isinstance(outcome, httpx.Response):
            raise problem(outcome)
        raise self._attempts.unreachable(request_url, outcome) from outcome


class LineSplitter:
    """Splits bytes at line feeds only. `str.splitlines` also splits at U+2028, valid in JSON."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that `chunk` completes. Raises `UnexpectedAnswer` if they are not UTF-8."""
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join([*self._rest, complete[0]])
            self._rest.clear()
        self._rest.append(rest)
        return [_decode(line) for line in complete if line]

    def finish(self) -> list[str]:
        """The last line, if it does not end in a line feed."""
        line = b"".join(self._rest)
        return [_decode(line)] if line else []


def parse_batch_line(line: str, file_id: str) -> BatchLine:
    """A line of an output or error file. Raises `UnexpectedAnswer` for any other line."""
    try:
        return BatchLine.model_validate_json(line)
    except ValidationError as error:
        raise UnexpectedAnswer(
            message(
                "{file_id} is not an output or error file of a batch: a line cannot be parsed.",
                file_id=file_id,
            )
        ) from error


@contextmanager
def written_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under `path` only when it is complete.

    A device or a pipe is written directly. Raises `OSError`.
    """
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as file:
            yield file
        return
    target = path.resolve()
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise UnexpectedAnswer(
            message("A line of the file is not UTF-8. Download the file with file_content.")
        ) from error
