from __future__ import annotations

import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from documents.compound_file import MAGIC
from documents.detect import detect
from documents.errors import CorruptDocument, DocumentError, DocumentTooLong
from documents.inventory.walk import inventory
from documents.read import read
from documents.readers import outlook_message
from documents.readers.outlook_message.rtf import decompressed
from standin.documents.builders import LIMITS, as_docx, saved
from standin.documents.compound_builder import Tree, attachment, compound, message, texts
from tests.hostile.inputs.messages import msg_of_recipients, msg_shared_stream

HEAD = (
    "From: 甲 <jia@example.org>\nTo: 乙 <yi@example.org>\n"
    "Date: Mon, 01 Jun 2026 00:00:00 +0000\nSubject: "
)


def test_a_message_is_read_like_an_email(tmp_path: Path) -> None:
    inner: Tree = {
        **texts({0x3707: "转发"}),
        "__substg1.0_3701000D": message("里", "里面的正文", inner=True),
    }
    attachments = [
        attachment("名单.txt", "名单如下".encode()),
        inner,
        attachment("大.docx", as_docx()),
    ]
    data = compound(message("关于会议的通知", "请于六月三日到会。", attachments))
    path = saved(tmp_path, data)
    assert detect(path) == outlook_message.MEDIA_TYPE
    document = read(path, LIMITS)
    assert document.media_type == outlook_message.MEDIA_TYPE
    blocks = [document.text[block.start : block.end] for block in document.blocks]
    assert blocks[:7] == [
        f"{HEAD}关于会议的通知", "请于六月三日到会。", "名单.txt", "名单如下", "转发", f"{HEAD}里",
        "里面的正文",
    ]  # fmt: skip
    assert blocks[7] == "大.docx"
    assert "特此通知。" in blocks


def test_an_html_body_is_read_in_place_of_the_text(tmp_path: Path) -> None:
    html = {"__substg1.0_10130102": "<p>网页<b>正文</b></p>".encode()}
    document = read(saved(tmp_path, compound(message("题", "纯文本", others=html))), LIMITS)
    assert document.text == f"{HEAD}题\n\n网页正文"


def test_old_messages_have_text_in_the_code_page_of_their_system(tmp_path: Path) -> None:
    tree = message("x", "y")
    del tree["__substg1.0_0037001F"]
    tree["__substg1.0_0037001E"] = "关于会议的通知".encode("gb18030")
    properties = tree["__properties_version1.0"]
    assert isinstance(properties, bytes)
    tree["__properties_version1.0"] = properties + struct.pack("<HHIQ", 3, 0x3FFD, 6, 936)
    assert f"{HEAD}关于会议的通知" in read(saved(tmp_path, compound(tree)), LIMITS).text


def test_its_other_properties_are_named_as_not_listed(tmp_path: Path) -> None:
    path = saved(tmp_path, compound(message("题", "正文")))
    entries = list(inventory(path, outlook_message.MEDIA_TYPE, LIMITS))
    assert any("正文" in entry.text for entry in entries)
    assert [entry.where for entry in entries if entry.reason] == ["other properties of the message"]


def test_messages_inside_messages_have_a_limit(tmp_path: Path) -> None:
    tree = message("题", "正文", inner=True)
    for _ in range(12):
        tree = message("题", "正文", [{"__substg1.0_3701000D": tree}], inner=True)
    with pytest.raises(DocumentTooLong, match="nested"):
        read(saved(tmp_path, compound(tree)), LIMITS)


def test_all_recipients_and_long_subjects_are_read(tmp_path: Path) -> None:
    limits = replace(LIMITS, max_chars=2_000_000)
    text = read(saved(tmp_path, msg_of_recipients(1_500, "最后一人")), limits).text
    assert ", name 1000, name 1001," in text
    assert "最后一人" in text
    # The time grew with the square of the length: a minute of processor time for this one.
    subject = "关于会议 notice " * 80_000
    start = time.process_time()
    assert subject.strip() in read(saved(tmp_path, compound(message(subject, "a"))), limits).text
    assert time.process_time() - start < 15


def test_streams_that_share_their_sectors_are_damage(tmp_path: Path) -> None:
    data = msg_shared_stream(60, 20_000)
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, data), replace(LIMITS, max_chars=10_000_000))


def test_damage_is_a_typed_error(tmp_path: Path) -> None:
    whole = compound(message("题", "正文" * 3_000, [attachment("a", b"x" * 5_000)]))
    assert whole.startswith(MAGIC)
    for at in range(512, len(whole), 97):
        data = whole[:at] + b"\xff" * 7 + whole[at + 7 :]
        try:
            read(saved(tmp_path, data), LIMITS, outlook_message.MEDIA_TYPE)
        except DocumentError:
            continue


# MS-OXRTFCP 3.1.1 and 3.1.2: the two examples of compressed RTF in the specification.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a80"
    "0fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [
        (SIMPLE, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (CROSSING, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_compressed_rtf_is_expanded(packed: bytes, rtf: bytes) -> None:
    assert decompressed(packed, 1_000) == rtf
    assert decompressed(packed, 10) == rtf[:10]


def test_rtf_of_an_unknown_kind_is_damaged() -> None:
    with pytest.raises(CorruptDocument):
        decompressed(struct.pack("<IIII", 9, 9, 9, 0) + zlib.compress(b"x"), 100)
