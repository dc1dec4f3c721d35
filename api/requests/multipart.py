"""Receives multipart forms (RFC 7578) as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from api.requests.bodies import chunks, plain_filename, too_large
from api.requests.multipart_parser import MultipartError, MultipartParser, PartHead, boundary_of
from jobs.batches.file import LineCounter
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings
from jobs.store import Incoming
from jobs.submit.form_mapping import FormMapping, field_problem
from jobs.submit.validation_texts import MAX_NAME_CHARS, nearest

# The limit for boundaries, heads of parts, and what is before and after all parts.
_OVERHEAD_BYTES = 64 * 1024
_PLAIN_ENCODINGS = ("", "7bit", "8bit", "binary")
_FIELD_BYTES = 256


@dataclass(frozen=True, slots=True)
class Form:
    """`job` is None without such a part. The content of the file is in `incoming`."""

    job: bytes | None
    has_file: bool
    filename: str | None


@dataclass(frozen=True, slots=True)
class FileForm:
    """`fields` are the other parts, by name."""

    filename: str | None
    lines: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldsForm:
    """`fields` are texts by name. The content of the file is in `incoming`."""

    fields: Mapping[str, str]
    has_file: bool
    filename: str | None


class _Part:
    """Receives one named part and passes its content to `write`."""

    def __init__(self, name: str, write: Callable[[bytes], object]) -> None:
        self.name = name
        self.bytes = 0
        self.started = False
        self.filename: str | None = None
        self._write = write

    def begin(self, head: PartHead) -> None:
        if self.started:
            raise _malformed(f"Part `{self.name}` occurs twice.", f"#/{self.name}")
        if head.transfer_encoding not in _PLAIN_ENCODINGS:
            raise _malformed(
                f"Part `{self.name}` has a Content-Transfer-Encoding, which forms do not use "
                "(RFC 7578, 4.7). Send its bytes as they are.",
                f"#/{self.name}",
            )
        self.started = True
        self.filename = plain_filename(head.filename)

    def write(self, data: bytes) -> None:
        self.bytes += len(data)
        self._write(data)


class _Form:
    """Gives the content of each part to the `_Part` of its name."""

    def __init__(self, parts: Sequence[_Part], *, ignores_others: bool = False) -> None:
        self._parts = {part.name: part for part in parts}
        self._ignores_others = ignores_others
        self._part: _Part | None = None

    def begin(self, head: PartHead) -> None:
        if head.name not in self._parts:
            if self._ignores_others:
                return
            raise unknown_field(head.name, list(self._parts))
        self._part = self._parts[head.name]
        self._part.begin(head)

    def write(self, data: bytes) -> None:
        if self._part is not None:
            self._part.write(data)

    def end(self) -> None:
        self._part = None


def unknown_field(name: str, known: Sequence[str]) -> ProblemError:
    """A part of a form that is not one of the `known`."""
    names = " and ".join(f"`{each}`" for each in known)
    meant = nearest(name, known)
    return _malformed(
        f"There is no part `{name[:MAX_NAME_CHARS]}`. "
        + (f"Did you mean `{meant}`? " if meant else "")
        + f"The parts are {names}.",
        f"#/{name}",
    )


async def receive_file(request: Request, incoming: Incoming, limits: LimitSettings) -> str | None:
    """Write part `file` to the store and return its file name.

    Raises `ProblemError`: `invalid-request` if the form is malformed or has other parts,
    `too-large`, `storage-full`, `request-timeout`.
    """
    file = _Part("file", incoming.write)
    await _receive(request, [file], limits.max_document_bytes)
    if not file.started:
        raise _malformed("Part `file` is missing.", "#/file")
    return file.filename


async def receive_form(request: Request, incoming: Incoming, limits: LimitSettings) -> Form:
    """Read part `job` and write part `file` to the store. The order does not matter.

    Raises the errors of `receive_file`, but not for a missing part.
    """
    buffer = bytearray()

    def write_job(chunk: bytes) -> None:
        if len(buffer) + len(chunk) > limits.max_request_bytes:
            raise too_large(limits.max_request_bytes)
        buffer.extend(chunk)

    file, job = _Part("file", incoming.write), _Part("job", write_job)
    await _receive(request, [file, job], limits.max_document_bytes + limits.max_request_bytes)
    return Form(
        job=bytes(buffer) if job.started else None,
        has_file=file.started,
        filename=file.filename,
    )


async def receive_file_form(
    request: Request, incoming: Incoming, names: Sequence[str], max_bytes: int
) -> FileForm:
    """Write part `file` to the store, count its lines, and read the short parts in `names`.

    The order does not matter. Raises the errors of `receive_file`.
    """
    counter = LineCounter()

    def write_file(chunk: bytes) -> None:
        incoming.write(chunk)
        counter.read(chunk)

    file = _Part("file", write_file)
    values = {name: bytearray() for name in names}
    fields = [_Part(name, _append_to(name, value)) for name, value in values.items()]
    await _receive(request, [file, *fields], max_bytes)
    if not file.started:
        raise _malformed("Part `file` is missing.", "#/file")
    return FileForm(
        filename=file.filename,
        lines=counter.lines,
        fields={
            part.name: values[part.name].decode(errors="replace") for part in fields if part.started
        },
    )


async def receive_fields(
    request: Request, incoming: Incoming, limits: LimitSettings, mapping: FormMapping
) -> FieldsForm:
    """Read the fields that a mapping names, and write its file to the store.

    Raises the errors of `receive_file`, but not for a missing part.
    """
    values = {name: bytearray() for name in mapping.names}

    def append_to(value: bytearray) -> Callable[[bytes], None]:
        def write(chunk: bytes) -> None:
            if sum(map(len, values.values())) + len(chunk) > limits.max_request_bytes:
                raise too_large(limits.max_request_bytes)
            value.extend(chunk)

        return write

    fields = [_Part(name, append_to(value)) for name, value in values.items()]
    file = _Part(mapping.file, incoming.write) if mapping.file else None
    await _receive(
        request,
        [*fields, *([file] if file else [])],
        limits.max_document_bytes + limits.max_request_bytes,
        charset=mapping.charset,
        ignores_others=mapping.others == "ignore",
    )
    # A browser sends a file field that was left empty with no name and no bytes.
    has_file = file is not None and file.started and bool(file.bytes or file.filename)
    return FieldsForm(
        {
            part.name: field_text(part.name, bytes(values[part.name]), mapping.charset)
            for part in fields
            if part.started
        },
        has_file=has_file,
        filename=file.filename if file and has_file else None,
    )


def field_text(name: str, value: bytes, charset: str) -> str:
    """The text of a field. Raises `ProblemError("invalid-request")`."""
    try:
        return value.decode(charset)
    except UnicodeDecodeError:
        raise field_problem(name, f"The text is not {charset}.") from None


def _append_to(name: str, value: bytearray) -> Callable[[bytes], None]:
    def write(chunk: bytes) -> None:
        if len(value) + len(chunk) > _FIELD_BYTES:
            raise _malformed(f"Part `{name}` is too long.", f"#/{name}")
        value.extend(chunk)

    return write


async def _receive(
    request: Request,
    parts: Sequence[_Part],
    max_bytes: int,
    *,
    charset: str = "utf-8",
    ignores_others: bool = False,
) -> None:
    form = _Form(parts, ignores_others=ignores_others)
    try:
        boundary = boundary_of(request.headers.get("content-type", ""))
        parser = MultipartParser(boundary, form.begin, form.write, form.end, charset)
        fed = 0
        async for chunk in chunks(request, max_bytes + _OVERHEAD_BYTES):
            parser.feed(chunk)
            fed += len(chunk)
            if fed - sum(part.bytes for part in parts) > _OVERHEAD_BYTES:
                raise _malformed("What is outside of its parts is too long.")
    except MultipartError as error:
        raise _malformed(str(error)) from error
    if not parser.complete:
        raise _malformed("It ends before the final boundary.")


@contextmanager
def errors_in_part(name: str) -> Iterator[None]:
    """Name the part of the form in each error of a `ProblemError("invalid-request")`, whose
    pointers lead into the part's JSON.
    """
    try:
        yield
    except ProblemError as error:
        problem = error.problem
        if problem.code != "invalid-request":
            raise
        extra = dict(problem.extra)
        extra["errors"] = [{"part": name, **each} for each in extra.get("errors", ())]
        raise ProblemError(
            problem.code, f"Part `{name}` of the form: {problem.detail}", **extra
        ) from error


def _malformed(reason: str, pointer: str = "#") -> ProblemError:
    part = {"part": pointer[2:]} if len(pointer) > 1 else {}
    return ProblemError(
        "invalid-request",
        f"The multipart form is invalid. {reason}",
        errors=[{**part, "pointer": pointer, "detail": reason}],
    )
