"""Multipart forms, taken apart as they come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from streaming_form_data import ParseFailedException, StreamingFormDataParser
from streaming_form_data.parser import UnexpectedPartException
from streaming_form_data.targets import BaseTarget

from api.uploads import chunks, plain_filename, too_large
from jobs.batches.file import LineCounter
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings
from jobs.store import Incoming

# What boundaries and part headers may take. It bounds what the parser may have to hold back.
_OVERHEAD_BYTES = 64 * 1024
_FIELD_BYTES = 256


@dataclass(frozen=True, slots=True)
class Form:
    """`job` is None where no such part came. The file, where one came, is in `incoming`."""

    job: bytes | None
    has_file: bool
    filename: str | None


@dataclass(frozen=True, slots=True)
class FileForm:
    """`fields` has the parts that came beside the file, by name."""

    filename: str | None
    lines: int
    fields: Mapping[str, str]


class _Part(BaseTarget):  # type: ignore[misc] # the library has no types
    """One named part, handed on as it comes."""

    def __init__(self, name: str, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self.name = name
        self.bytes = 0
        self.begun = False
        self.whole = False
        self._write = write

    def on_start(self) -> None:
        if self.begun:
            raise _malformed(f"Part `{self.name}` came twice.", f"#/{self.name}")
        self.begun = True

    def on_data_received(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self._write(chunk)

    def on_finish(self) -> None:
        self.whole = True


async def receive_file(request: Request, incoming: Incoming, limits: LimitSettings) -> str | None:
    """Write part `file` to the store; returns its file name.

    Raises `ProblemError`: `invalid-request` where the form is malformed or has another part,
    `too-large`, `storage-full`, `request-timeout`.
    """
    file = _Part("file", incoming.write)
    await _receive(request, [file], limits.max_document_bytes)
    if not file.begun:
        raise _malformed("Part `file` is missing.", "#/file")
    return plain_filename(file.multipart_filename)


async def receive_form(request: Request, incoming: Incoming, limits: LimitSettings) -> Form:
    """Keep part `job` and write part `file` to the store, in any order.

    Raises as `receive_file` does; a part that does not come is no error here.
    """
    buffer = bytearray()

    def write_job(chunk: bytes) -> None:
        if len(buffer) + len(chunk) > limits.max_request_bytes:
            raise too_large(limits.max_request_bytes)
        buffer.extend(chunk)

    file, job = _Part("file", incoming.write), _Part("job", write_job)
    await _receive(request, [file, job], limits.max_document_bytes + limits.max_request_bytes)
    return Form(
        job=bytes(buffer) if job.begun else None,
        has_file=file.begun,
        filename=plain_filename(file.multipart_filename),
    )


async def receive_file_form(
    request: Request, incoming: Incoming, names: Sequence[str], max_bytes: int
) -> FileForm:
    """Write part `file` to the store, counting its lines; keep the short parts of these `names`.

    They may come in any order. Raises as `receive_file` does.
    """
    counter = LineCounter()

    def write_file(chunk: bytes) -> None:
        incoming.write(chunk)
        counter.read(chunk)

    file = _Part("file", write_file)
    values = {name: bytearray() for name in names}
    fields = [_Part(name, _short(name, value)) for name, value in values.items()]
    await _receive(request, [file, *fields], max_bytes)
    if not file.begun:
        raise _malformed("Part `file` is missing.", "#/file")
    return FileForm(
        filename=plain_filename(file.multipart_filename),
        lines=counter.lines,
        fields={
            part.name: values[part.name].decode(errors="replace") for part in fields if part.begun
        },
    )


def _short(name: str, value: bytearray) -> Callable[[bytes], None]:
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
        raise _malformed(f"Only {names} may be sent.", f"#/{error.part_name}") from error
    except (ParseFailedException, UnicodeDecodeError) as error:
        raise _malformed("It does not follow RFC 7578, or a name is not UTF-8.") from error
    if not all(part.whole for part in parts if part.begun):
        raise _malformed("It ends before its last boundary.")


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


def _malformed(why: str, pointer: str = "#") -> ProblemError:
    return ProblemError(
        "invalid-request",
        f"The multipart form cannot be used. {why}",
        errors=[{"pointer": pointer, "detail": why}],
    )
