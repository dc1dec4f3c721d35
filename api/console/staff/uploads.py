"""Receives forms with files (`multipart/form-data`) as a stream: many files, each for itself."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from api.console.forms import MAX_BYTES, TOKEN
from api.console.session import Person, check_form_token
from api.requests.bodies import chunks, plain_filename
from api.requests.multipart_parser import MultipartError, MultipartParser, PartHead, boundary_of
from jobs.model.problems import ProblemError
from jobs.store import Incoming, Store
from jobs.submit.documents import Upload

_MOST_FIELDS = 1_000
_MOST_EMPTY = 100
_HEAD_BYTES = 16 * 1024  # the most of a part's head

Keep = Callable[[str, Upload], Awaitable[None]]
"""Called with the name of the field and each file, as soon as it is complete."""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not kept, and why."""

    filename: str
    error: ProblemError


@dataclass(frozen=True, slots=True)
class FileForm:
    """The fields by name, and the files that were not kept."""

    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: list[RefusedFile] = field(default_factory=list)

    def one(self, name: str) -> str:
        values = self.fields.get(name)
        return values[-1] if values else ""


class _Receiver:
    """Takes the events of the parser one after another. At most one file is open."""

    def __init__(self, store: Store, person: Person, max_bytes: int, max_files: int, keep: Keep):
        self.form = FileForm()
        self._store = store
        self._person = person
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._keep = keep
        self._open = AsyncExitStack()
        self._incoming: Incoming | None = None
        self._head: PartHead | None = None
        self._value = bytearray()
        self._field_bytes = self._fields = self._files = self._parts = 0
        self._error: ProblemError | None = None

    async def begin(self, head: PartHead) -> None:
        self._head, self._error, self._value = head, None, bytearray()
        if head.filename is None:
            self._fields += 1
            if self._fields > _MOST_FIELDS:
                raise _malformed("It has too many fields.")
            return
        # Also those without a file, which are not counted as files.
        self._parts += 1
        if self._parts > self._max_files + _MOST_EMPTY:
            raise _malformed("It has too many parts for files.")
        # The browser sends the fields in the order of the page: the token is before all files.
        check_form_token(self.form.one(TOKEN), self._person.form_token)
        self._incoming = await self._open.enter_async_context(self._store.incoming(self._max_bytes))

    async def write(self, data: bytes) -> None:
        if self._head is None or self._error is not None:
            return
        if self._incoming is None:
            self._field_bytes += len(data)
            if self._field_bytes > MAX_BYTES:
                raise _malformed("Its fields are too long.")
            self._value += data
            return
        try:
            self._incoming.write(data)
        except ProblemError as error:
            if error.problem.code != "too-large":
                raise
            self._error = error

    async def end(self) -> None:
        head, incoming = self._head, self._incoming
        self._head = self._incoming = None
        if head is None:
            return
        if incoming is None:
            self.form.fields[head.name].append(self._value.decode(errors="replace"))
            return
        try:
            await self._keep_file(head, incoming)
        finally:
            await self._open.aclose()

    async def close(self) -> None:
        await self._open.aclose()

    async def _keep_file(self, head: PartHead, incoming: Incoming) -> None:
        name = plain_filename(head.filename)
        if not name and not incoming.bytes:  # the field for files was left empty
            return
        self._files += 1
        if self._files > self._max_files:
            raise ProblemError("too-large", f"Send at most {self._max_files} files at once.")
        try:
            if self._error is not None:
                raise self._error
            await self._keep(head.name, Upload(incoming, name))
        except ProblemError as error:
            if error.problem.code in _FOR_ALL:
                raise
            self.form.refused.append(RefusedFile(name or "", error))


# Problems that the next file would have too.
_FOR_ALL = frozenset(
    {
        "unavailable",
        "storage-full",
        "storage-unavailable",
        "storage-locked",
        "audit-unavailable",
    }
)


async def receive_files(
    request: Request,
    store: Store,
    person: Person,
    *,
    max_bytes: int,
    max_files: int,
    keep: Keep,
) -> FileForm:
    """Give each file to `keep` and return the fields. `max_bytes`: of one file.

    A file that `keep` refuses is listed, and the others go on. Raises `ProblemError`:
    `form-expired`, `invalid-request`, `too-large`, `request-timeout`, `storage-full`,
    `unavailable`.
    """
    receiver = _Receiver(store, person, max_bytes, max_files, keep)
    events: deque[Callable[[], Awaitable[None]]] = deque()
    try:
        parser = MultipartParser(
            boundary_of(request.headers.get("content-type", "")),
            lambda head: events.append(partial(receiver.begin, head)),
            lambda data: events.append(partial(receiver.write, data)),
            lambda: events.append(receiver.end),
        )
        most = max_files * (max_bytes + _HEAD_BYTES) + MAX_BYTES + _MOST_FIELDS * _HEAD_BYTES
        async for chunk in chunks(request, most):
            parser.feed(chunk)
            while events:
                await events.popleft()()
    except MultipartError as error:
        raise _malformed(str(error)) from error
    finally:
        await receiver.close()
    if not parser.complete:
        raise _malformed("It ends before the final boundary.")
    check_form_token(receiver.form.one(TOKEN), person.form_token)
    return receiver.form


def _malformed(reason: str) -> ProblemError:
    return ProblemError("invalid-request", f"The form is malformed. {reason}")
