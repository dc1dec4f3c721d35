"""Parses multipart forms (RFC 7578) as a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from streaming_form_data import ParseFailedException, StreamingFormDataParser
from streaming_form_data.parser import UnexpectedPartException
from streaming_form_data.targets import BaseTarget

from api.bodies import chunks, plain_filename, too_large
from jobs.batches.file import LineCounter
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings
from jobs.store import Incoming

# The limit for boundaries and part headers, which the parser buffers.
_OVERHEAD_BYTES = 64 * 1024
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


class _Part(BaseTarget):  # type: ignore[misc] # no type information in the library
    """Receives one named part and passes its chunks to `write`."""

    def __init__(self, name: str, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self.name = name
        self.bytes = 0
        self.started = False
        self.complete = False
        self._write = write

    def on_start(self) -> None:
        if self.started:
            raise _malformed(f"Part `{self.name}` occurs twice.", f"#/{self.name}")
        self.started = True

    def on_data_received(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self._write(chunk)

    def on_finish(self) -> None:
        self.complete = True


async def receive_file(request: Request, incoming: Incoming, limits: LimitSettings) -> str | None:
    """Write part `file` to the store and return its file name.

    Raises `ProblemError`: `invalid-request` if the form is malformed or has other parts,
    `too-large`, `storage-full`, `request-timeout`.
    """
    file = _Part("file", incoming.write)
    await _receive(request, [file], limits.max_document_bytes)
    if not file.started:
        raise _malformed("Part `file` is missing.", "#/file")
    return plain_filename(file.multipart_filename)


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
        filename=plain_filename(file.multipart_filename),
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
        filename=plain_filename(file.multipart_filename),
        lines=counter.lines,
        fields={
            part.name: values[part.name].decode(errors="replace") for part in fields if part.started
        },
    )


def _append_to(name: str, value: bytearray) -> Callable[[bytes], None]:
    def write(chunk: bytes) -> None:
        if len(value) + len(chunk) > _FIELD_BYTES:
            raise _malformed(f"Part `{name}` is too long.", f"#/{name}")
        value.extend(chunk)

    return write


async def _receive(request: Request, parts: list[_Part], max_bytes: int) -> None:
    try:
        await _feed(request, parts, max_bytes)
    except UnexpectedPartException as error:
        names = " and ".join(f"`{part.name}`" for part in parts)
        raise _malformed(f"Only {names} are allowed.", f"#/{error.part_name}") from error
    except (ParseFailedException, UnicodeDecodeError) as error:
        raise _malformed("It does not conform to RFC 7578, or a name is not UTF-8.") from error
    if not all(part.complete for part in parts if part.started):
        raise _malformed("It ends before the final boundary.")


async def _feed(request: Request, parts: list[_Part], max_bytes: int) -> None:
    parser = StreamingFormDataParser(dict(request.headers), strict=True)
    for part in parts:
        parser.register(part.name, part)
    fed = 0
    async for chunk in chunks(request, max_bytes + _OVERHEAD_BYTES):
        parser.data_received(chunk)
        fed += len(chunk)
        if fed - sum(part.bytes for part in parts) > _OVERHEAD_BYTES:
            raise _malformed("Its boundaries and headers are too long.")


def _malformed(reason: str, pointer: str = "#") -> ProblemError:
    return ProblemError(
        "invalid-request",
        f"The multipart form is invalid. {reason}",
        errors=[{"pointer": pointer, "detail": reason}],
    )
