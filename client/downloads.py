"""Content that is too large to be held: fetched across broken connections, written whole or not."""

from __future__ import annotations

import stat
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import httpx

from client.call import Call
from client.errors import UnexpectedAnswer
from client.exchange import Attempts, problem, unexpected


class Download:
    """The tries of one download. A new one goes on where the last broke off, for `seconds` from
    the last byte that came.
    """

    def __init__(self, call: Call[None], seconds: float) -> None:
        self._call = call
        self._seconds = seconds
        self._attempts = Attempts(seconds)
        self._came = 0
        self._again = 0

    def request(
        self, http: httpx.Client | httpx.AsyncClient
    ) -> AbstractContextManager[httpx.Request]:
        # Packed bytes could not be counted, nor asked for from the middle.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self._came:
            headers["Range"] = f"bytes={self._came}-"
        return self._attempts.request(http, replace(self._call, headers=headers))

    def begun(self, response: httpx.Response) -> None:
        """An answer that starts from the beginning will do as well: its start is passed over.

        Raises `UnexpectedAnswer` where it starts elsewhere.
        """
        self._again = self._came
        if response.status_code == 206:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {self._came}-"):
                raise unexpected(response)
            self._again = 0
        elif not response.is_success:
            raise unexpected(response)

    def fresh(self, chunk: bytes) -> bytes:
        """What of `chunk` did not come before."""
        passed = min(self._again, len(chunk))
        self._again -= passed
        chunk = chunk[passed:]
        if chunk:
            self._came += len(chunk)
            self._attempts = Attempts(self._seconds)
        return chunk

    def pause(
        self, request_url: httpx.URL, outcome: httpx.Response | httpx.TransportError
    ) -> float:
        """Seconds until the next try. Raises what went wrong where there will be none."""
        pause = self._attempts.pause(self._call, outcome)
        if pause is not None:
            return pause
        if isinstance(outcome, httpx.Response):
            raise problem(outcome)
        raise self._attempts.unreachable(request_url, outcome) from outcome


class Lines:
    """Cuts bytes at line feeds and nowhere else: JSON may hold the other ends of lines as text."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def cut(self, chunk: bytes) -> list[str]:
        """The lines that `chunk` completes. Raises `UnexpectedAnswer` where it is not UTF-8."""
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0] = b"".join([*self._rest, whole[0]])
            self._rest.clear()
        self._rest.append(rest)
        return [_text(line) for line in whole if line]

    def last(self) -> list[str]:
        """The last line, where no line feed was behind it."""
        line = b"".join(self._rest)
        return [_text(line)] if line else []


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only once it is complete; a device or a pipe is written to at once.

    Raises `OSError`.
    """
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as file:
            yield file
        return
    place = path.resolve()
    part = place.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise UnexpectedAnswer(
            "A line of the file is not UTF-8. Fetch the file as it is."
        ) from error
