"""A document's file name is for showing: it is never a path."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.requests.bodies import declared_filename, plain_filename


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("notice.pdf", "notice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\notice.pdf", "notice.pdf"),
        ("no\r\ntice\x00.pdf", "notice.pdf"),
        ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
        ("", None),
        ("..", ".."),
        ("/", None),
        (None, None),
    ],
)
def test_folders_control_characters_and_great_length_go(
    given: str | None, kept: str | None
) -> None:
    assert plain_filename(given) == kept


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'attachment; filename="notice.pdf"', "notice.pdf"),
        (b"attachment; filename*=UTF-8''%E5%85%AC%E6%96%87.docx", "公文.docx"),
        ('attachment; filename="公文.docx"'.encode(), "公文.docx"),
        ('attachment; filename="公文.docx"'.encode("gbk"), None),
        (b"attachment", None),
        (b"", None),
    ],
)
def test_the_name_is_taken_from_content_disposition(header: bytes, name: str | None) -> None:
    request = Request({"type": "http", "headers": [(b"content-disposition", header)]})
    assert declared_filename(request) == name
