"""The process that reads documents, so that a bad document cannot harm other work.

Started by `documents.isolation.pool.ReaderPool` as
`python -m documents.isolation.child FD PARENT MEMORY_MIB [WORK]`. It answers one request at a time
over the socket FD, and exits with its parent or when the socket is closed. WORK is `MODULE:NAME` of
a mapping from names to `FileWork`: what it can do to files other than read them.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.errors import DocumentError
from documents.isolation import FileWork
from documents.limits import ReadLimits
from documents.read import read

LENGTH = struct.Struct(">Q")
OUT_OF_MEMORY = "out-of-memory"
BROKEN = "broken"
NO_FILE = "no-file"

_PR_SET_PDEATHSIG = 1
_MIB = 1024 * 1024


def main() -> None:
    descriptor, parent, memory_mib = map(int, sys.argv[1:4])
    _exit_with_parent(parent)
    file_work = _load_file_work(sys.argv[4]) if len(sys.argv) > 4 else {}
    _limit_resources(memory_mib)
    with socket.socket(fileno=descriptor) as connection:
        send(connection, b"ready")
        while (request := receive(connection)) is not None:
            response, file = _respond(json.loads(request), file_work)
            send(connection, json.dumps(response, ensure_ascii=False).encode())
            if file is not None:
                send(connection, file)


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket) -> bytes | None:
    """The next message; None when the other end is closed."""
    with connection.makefile("rb") as stream:
        head = stream.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        return stream.read(LENGTH.unpack(head)[0])


def _exit_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        raise SystemExit("the parent process has exited")


def _load_file_work(work: str) -> Mapping[str, FileWork]:
    module, _, name = work.partition(":")
    loaded: Mapping[str, FileWork] = getattr(import_module(module), name)
    return loaded


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
    request: dict[str, Any], file_work: Mapping[str, FileWork]
) -> tuple[dict[str, Any], bytes | None]:
    """The response to a request, and the file that follows it."""
    path, limits = Path(request["path"]), ReadLimits(**request["limits"])
    try:
        if name := request.get("work"):
            result = file_work[name](path, request["arguments"], limits)
            has_file = result.file is not None
            return {"values": result.values, "file_follows": has_file}, result.file
        return _document_json(read(path, limits, request["media_type"])), None
    except DocumentError as error:
        return {"error": error.code, "detail": str(error)}, None
    except MemoryError:
        return {"error": OUT_OF_MEMORY}, None
    except OSError as error:
        return {"error": NO_FILE, "errno": error.errno or 0}, None
    except Exception as error:  # noqa: BLE001 (the edge of the process: the parent records it)
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        # Without the error's message, which may quote the document.
        return {"error": BROKEN, "what": type(error).__name__, "where": where}, None


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
    }


if __name__ == "__main__":
    main()
