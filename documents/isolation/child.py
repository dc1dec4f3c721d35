"""A process that reads documents and computes, so that hostile input cannot harm other work.

Forked by `documents.isolation.server`. It answers one request at a time and exits when the
connection is closed.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import traceback
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.errors import WorkError
from documents.isolation import FileWork, call
from documents.isolation.protocol import (
    BROKEN,
    NO_FILE,
    OUT_OF_MEMORY,
    TOO_LARGE,
    receive,
    receive_with_descriptor,
    send,
)
from documents.limits import ReadLimits
from documents.readers.text import read_characters

_MIB = 1024 * 1024


def serve(connection: socket.socket, memory_mib: int, file_work: Mapping[str, FileWork]) -> None:
    """Answer requests until the connection is closed. The first message is the process id."""
    _limit_resources(memory_mib)
    send(connection, str(os.getpid()).encode())
    while True:
        head, descriptor = receive_with_descriptor(connection)
        if head is None:
            return
        request = json.loads(head)
        if descriptor is not None:
            request["path"] = f"/proc/self/fd/{descriptor}"
        arguments = receive(connection) if request.get("arguments_follow") else None
        response, data = _respond(request, arguments, file_work)
        if data is not None:
            response["data_follows"] = True
        if descriptor is not None:
            os.close(descriptor)
        send(connection, json.dumps(response, ensure_ascii=False).encode())
        if data is not None:
            send(connection, data)


def _limit_resources(memory_mib: int) -> None:
    """Limit memory to `memory_mib` more than is in use now, and forbid writing files.

    The hard limits stay, because a program that a reader starts sets its own limits.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_mib * _MIB
    for what, limit in ((resource.RLIMIT_AS, most), (resource.RLIMIT_FSIZE, 0)):
        hard = resource.getrlimit(what)[1]
        within = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (within, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _respond(
    request: dict[str, Any], arguments: bytes | None, file_work: Mapping[str, FileWork]
) -> tuple[dict[str, Any], bytes | None]:
    """The response to a request, and the bytes that follow it."""
    try:
        if arguments is None:
            return _open(request, file_work)
        return _call(request, arguments)
    except WorkError as error:
        return {"error": error.code, "detail": str(error)}, None
    except MemoryError:
        return {"error": OUT_OF_MEMORY}, None
    except Exception as error:  # noqa: BLE001 (the edge of the process: the parent records it)
        if isinstance(error, OSError):
            return {"error": NO_FILE, "errno": error.errno or 0}, None
        return _defect(error), None


def _call(request: dict[str, Any], arguments: bytes) -> tuple[dict[str, Any], bytes | None]:
    if "call" not in request:
        limits = ReadLimits(**request["limits"])
        return _document_json(read_characters(arguments.decode(), limits)), None
    response, result = call.run(request["call"], arguments)
    if result is not None and len(result) > request["max_bytes"]:
        return {"error": TOO_LARGE}, None
    return response, result


def _open(
    request: dict[str, Any], file_work: Mapping[str, FileWork]
) -> tuple[dict[str, Any], bytes | None]:
    # Here because the readers take 0.3 s to import: a pool that only computes does without them.
    from documents.read import read  # noqa: PLC0415

    path, limits = Path(request["path"]), ReadLimits(**request["limits"])
    if name := request.get("work"):
        result = file_work[name](path, request["arguments"], limits)
        return {"values": result.values}, result.file
    return _document_json(read(path, limits, request["media_type"])), None


def _defect(error: Exception) -> dict[str, Any]:
    """The error's type and place, without its message, which may quote the document."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return {"error": BROKEN, "what": type(error).__name__, "where": where}


def _document_json(document: Document) -> dict[str, Any]:
    return {
        "text": document.text,
        "blocks": [
            (
                block.start,
                block.end,
                block.kind,
                block.page,
                block.box,
                block.level,
                block.confidence,
            )
            for block in document.blocks
        ],
        "media_type": document.media_type,
        "pages": document.pages,
        "unread_pages": document.unread_pages,
        "scans": document.scans,
        "unread": [astuple(one) for one in document.unread],
        "seals": [astuple(one) for one in document.seals],
        "tables": [
            (
                table.start,
                [astuple(span) for span in table.spans],
                table.head_rows,
                table.raw,
                [astuple(part) for part in table.parts],
            )
            for table in document.tables
        ],
    }
