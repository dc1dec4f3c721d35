"""Text in enriched text and in sets of characters that the rest of a file is not in."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest

from documents.masking.masked_file import MaskedFile
from documents.readers import mail, text
from tests.unit.documents.inventory.places import entries_of, texts_of
from tests.unit.documents.masking.masks import PHONE, masked

NAME = "海棠工程"
GB = bytes(byte & 0x7F for byte in NAME.encode("gb2312"))
OTHER_SETS = {
    "ISO-2022-JP": NAME.encode("iso2022_jp"),
    "ISO-2022-CN": b"\x1b$)A\x0e" + GB + b"\x0f",
    "HZ": b"~{" + GB + b"~}",
}
ENRICHED = {
    "tags": "<bold>138</bold><italic>1234</italic>1234",
    "a parameter": "138<color><param>red</param>1234</color>1234",
    "capitals": "138<Color><Param>red</Param>1234</Color>1234",
}
HEAD = "From: a@example.cn\nSubject: a\nMIME-Version: 1.0\n"


def message(media_type: str, body: bytes) -> bytes:
    return f"{HEAD}Content-Type: {media_type}\n\n".encode() + body


def bytes_of(file: MaskedFile) -> bytes:
    """The decoded bodies of a masked e-mail."""
    bodies = (part.get_payload(decode=True) for part in message_from_bytes(file.data).walk())
    return b"\n".join(body for body in bodies if isinstance(body, bytes))


@pytest.mark.parametrize("charset", OTHER_SETS)
def test_a_name_in_another_set_of_characters_is_found_and_masked(
    tmp_path: Path, charset: str
) -> None:
    body = "前言：关于供水的通知\n".encode() + OTHER_SETS[charset] + b"\n"
    data = message("text/plain; charset=utf-8", body)
    assert NAME in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))
    file, _ = masked(data, tmp_path, NAME)
    left = bytes_of(file)
    assert OTHER_SETS[charset] not in left
    assert "关于供水的通知".encode() in left


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_name_among_control_characters_is_found(tmp_path: Path, encoding: str) -> None:
    body = b"\x0e\x01\x02" * 9 + NAME.encode(encoding) + b"\x0f"
    data = message(f"text/plain; charset={encoding}", body)
    assert NAME in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))


def test_signs_of_other_programs_are_no_text_in_another_set(tmp_path: Path) -> None:
    data = "供水\n~{a, b} ~{0} \x1b[31m红\x1b[0m\n".encode()
    entries = entries_of(tmp_path, data, text.MEDIA_TYPE)
    assert not any("encoded" in entry.where for entry in entries)


@pytest.mark.parametrize("written", ENRICHED)
def test_a_number_in_enriched_text_is_found_and_masked(tmp_path: Path, written: str) -> None:
    data = message("text/enriched", ENRICHED[written].encode())
    assert PHONE in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))
    file, _ = masked(data, tmp_path)
    assert b"138****1234" in bytes_of(file)


def test_a_page_for_watches_is_read_as_a_page(tmp_path: Path) -> None:
    page = b"<b>138</b><style>b{color:red}</style><i>12341234</i>"
    data = message("text/watch-html", page)
    assert PHONE in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))
    file, _ = masked(data, tmp_path)
    assert b"12341234" not in bytes_of(file)
