"""The calls about libraries: documents that are kept under a name. Nothing is sent here."""

from __future__ import annotations

from client.call import Call, in_path, one
from client.models import Document, Library, Page


def put_in(name: str, document_id: str) -> Call[None]:
    return Call("PUT", _path(name, document_id), lambda _: None)


def take_out(name: str, document_id: str) -> Call[None]:
    return Call("DELETE", _path(name, document_id), lambda _: None)


def libraries() -> Call[tuple[Library, ...]]:
    return Call("GET", "/v1/libraries", lambda response: one(Page[Library])(response).data)


def library(name: str) -> Call[tuple[Document, ...]]:
    path = f"/v1/libraries/{in_path(name)}"
    return Call("GET", path, lambda response: one(Page[Document])(response).data)


def _path(name: str, document_id: str) -> str:
    return f"/v1/libraries/{in_path(name)}/documents/{in_path(document_id)}"
