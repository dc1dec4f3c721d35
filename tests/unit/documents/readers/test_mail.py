from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from documents.detect import detect
from documents.document import BlockKind
from documents.errors import CorruptDocument, DocumentTooLong, NoTextLayer
from documents.limits import ReadLimits
from documents.ocr.scan import OcrLine, Scan
from documents.read import read
from documents.readers import mail
from standin.documents.builders import CONTENT, LIMITS, as_docx, as_eml, as_pdf, as_text, saved
from tests.unit.documents.readers.pages import SCANS, a4, scanned_pdf

Found = list[tuple[BlockKind, str]]
HEAD = b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n"


def message(words: str = "正文", subject: str = "通知") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Message-ID"], made["Subject"] = "a@example.org", "<1@example.org>", subject
    made.set_content(words)
    return made


def blocks(tmp_path: Path, data: bytes, limits: ReadLimits = LIMITS) -> Found:
    document = read(saved(tmp_path, data), limits)
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def body(tmp_path: Path, data: bytes) -> list[str]:
    return [text for _, text in blocks(tmp_path, data)][1:]


@pytest.mark.parametrize(
    ("head", "is_mail"),
    [
        (HEAD + b"\r\nwords", True),
        (HEAD.replace(b"\r\n", b"\n") + b"\nwords", True),
        (b"From a@example.org Mon Jun 1 2026\n" + HEAD + b"\nwords", True),
        (b"Received: from x\r\n\tby y; now\r\n" + HEAD + b"\r\nwords", True),
        (HEAD, True),
        (b"From: Zhang\nTo: Li\nSubject: the dam\n\nA memo is not an e-mail.", False),
        (HEAD + b"and a line that is no header\r\n\r\nwords", False),
        (b"Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\nwords", False),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x", True),
    ],
)
def test_an_email_is_detected_by_its_headers(tmp_path: Path, head: bytes, is_mail: bool) -> None:  # noqa: FBT001
    assert (detect(saved(tmp_path, head)) == mail.MEDIA_TYPE) is is_mail


@pytest.mark.parametrize(
    "subject",
    [
        "=?gb2312?B?udjT2rfA0bS1xM2o1qo=?=",
        "=?GBK?Q?=B9=D8=D3=DA=B7=C0=D1=B4=B5=C4=CD=A8=D6=AA?=",
        "=?utf-8?B?5YWz5LqO6Ziy?=\r\n =?utf-8?B?5rGb55qE6YCa55+l?=",
        # Some programs cut a character in two.
        "=?gb2312?B?udjT2rfA0Q==?= =?gb2312?B?tLXEzajWqg==?=",
        "关于防汛的通知".encode("gbk"),
        "关于防汛的通知".encode(),
    ],
)
def test_a_subject_in_any_encoding_is_read(tmp_path: Path, subject: str | bytes) -> None:
    raw = subject.encode() if isinstance(subject, str) else subject
    found = blocks(tmp_path, HEAD + b"Subject: " + raw + b"\r\n\r\nwords\r\n")
    assert found[0][1] == "From: a@example.org\nSubject: 关于防汛的通知"


@pytest.mark.parametrize(
    ("charset", "encoding", "words"),
    [
        ("gb2312", "gb18030", "防汛工作的通知镕"),  # a character that GB2312 itself does not have
        ("big5", "big5", "防汛工作的通知書"),
        ("no-such", "utf-8", "防汛工作的通知"),
        ("", "gb18030", "关于做好防汛工作的通知"),
    ],
)
def test_a_body_in_any_encoding_is_read(
    tmp_path: Path, charset: str, encoding: str, words: str
) -> None:
    kind = f"Content-Type: text/plain; charset={charset}\r\n".encode() if charset else b""
    data = HEAD + kind + b"\r\n" + words.encode(encoding, errors="replace")
    assert body(tmp_path, data) == [words.encode(encoding, errors="replace").decode(encoding)]


def test_a_subject_that_is_wrongly_encoded_is_shown_as_it_is(tmp_path: Path) -> None:
    data = HEAD + b"Subject: =?utf-8?B?5YWz5?=\r\n\r\nwords"
    assert blocks(tmp_path, data)[0][1] == "From: a@example.org\nSubject: =?utf-8?B?5YWz5?="


def test_the_alternative_that_a_mail_program_shows_is_read(tmp_path: Path) -> None:
    made = message("plain words")
    made.add_alternative("<p>one</p><p>two</p>", subtype="html")
    assert body(tmp_path, made.as_bytes()) == ["one", "two"]
    made = message("plain words")
    made.add_alternative("<p> </p>", subtype="html")
    assert body(tmp_path, made.as_bytes()) == ["plain words"]


def test_attachments_are_named_and_read(tmp_path: Path) -> None:
    made = message("见附件。")
    for data, name in ((as_docx(), "通知.docx"), (as_pdf(), "通知.pdf"), (as_text(), "通知.doc")):
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    found = blocks(tmp_path, made.as_bytes())
    assert found[:3] == [
        (BlockKind.paragraph, "From: a@example.org\nSubject: 通知"),
        (BlockKind.paragraph, "见附件。"),
        (BlockKind.attachment, "通知.docx"),
    ]
    size = len(CONTENT)
    assert found[3 : 3 + size] == list(CONTENT)
    assert found[3 + size : 4 + 2 * size] == [(BlockKind.attachment, "通知.pdf"), *CONTENT]
    assert found[4 + 2 * size] == (BlockKind.attachment, "通知.doc")
    assert len(found) > 5 + 2 * size


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x00\x01\x02" * 100, "No reader for this kind of document"),
        (as_docx()[:3_000], "The document is damaged"),
        (b" ", "The document holds no text"),
    ],
)
def test_an_attachment_that_cannot_be_read_is_named_as_such(
    tmp_path: Path, data: bytes, why: str
) -> None:
    made = message()
    made.add_attachment(data, maintype="image", subtype="x", filename="../图.png")
    assert blocks(tmp_path, made.as_bytes())[-1] == (
        BlockKind.attachment,
        f"图.png (not read: {why})",
    )


@pytest.mark.parametrize("as_file", [True, False])
def test_attached_emails_are_read_to_a_depth_limit(tmp_path: Path, as_file: bool) -> None:  # noqa: FBT001
    made = message("level 5", "s5")
    for level in (4, 3, 2, 1):
        outer = message(f"level {level}", f"s{level}")
        if as_file:
            outer.add_attachment(
                made.as_bytes(), maintype="application", subtype="octet-stream", filename="m.eml"
            )
        else:
            outer.add_attachment(made)
        made = outer
    text = "\n".join(body(tmp_path, made.as_bytes()))
    assert "level 3" in text
    assert "level 4" not in text
    assert text.count("(not read: The document is longer than allowed)") == 1


def test_too_many_attachments_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = message()
    for _ in range(4):
        made.add_attachment("words", filename="a.txt")
    assert len(blocks(tmp_path, made.as_bytes())) == 2 + 4 * 2
    monkeypatch.setattr(mail, "MOST_ATTACHMENTS", 3)
    with pytest.raises(DocumentTooLong, match="more than 3 attachments"):
        blocks(tmp_path, made.as_bytes())


def test_attachments_share_the_decompression_limit(tmp_path: Path) -> None:
    made = message()
    made.add_attachment("words " * 100, filename="a.txt")
    made.add_attachment("words " * 100, filename="b.txt")
    found = blocks(tmp_path, made.as_bytes(), ReadLimits(10_000, 1, max_expanded_bytes=900))
    assert found[-1][1] == "b.txt (not read: The document is longer than allowed)"


@pytest.fixture
def recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """OCR that reads one word on each picture."""

    def scan(picture: Image.Image, threads: int) -> Scan:
        corners = ((10.0, 20.0), (50.0, 20.0), (50.0, 30.0), (10.0, 30.0))
        return Scan((OcrLine("word", 0.9, corners),), *picture.size)

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)


def with_scans(*pages: int) -> bytes:
    made = message()
    for count in pages:
        data = scanned_pdf([a4()] * count)
        made.add_attachment(data, maintype="application", subtype="pdf", filename=f"{count}.pdf")
    return made.as_bytes()


@pytest.mark.usefixtures("recognised")
def test_attached_scans_share_the_ocr_limits(tmp_path: Path) -> None:
    found = blocks(tmp_path, with_scans(2, 3, 1), replace(SCANS, ocr_pages=4))
    assert [words for _, words in found[2:]] == [
        "2.pdf",
        "word",
        "word",
        "3.pdf (pages not read: 3)",
        "word",
        "word",
        "1.pdf (not read: The document is pictures without text)",
    ]
    document = read(saved(tmp_path, with_scans(2, 3, 1)), replace(SCANS, ocr_pages=4))
    assert [(one.what, one.where) for one in document.unread if one.what == "pages"] == [
        ("pages", "3.pdf"),
        ("pages", "1.pdf"),
    ]
    document = read(saved(tmp_path, with_scans(1)), SCANS)
    assert document.blocks[-1].confidence == 0.9


def test_an_email_with_a_scan_is_left_to_the_process_that_has_ocr(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer):
        blocks(tmp_path, with_scans(1), replace(SCANS, ocr_pages=None))
    found = blocks(tmp_path, with_scans(1), LIMITS)
    assert found[-1][1] == "1.pdf (not read: The document is pictures without text)"


def damaged() -> list[Callable[[bytes], bytes]]:
    return [
        lambda data: data.replace(b"boundary=", b"boundary*0="),
        lambda data: data.replace(b"base64", b"uuencode"),
        lambda data: data.replace(b'filename="', b"filename*=x'y'%ff%zz\""),
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"charset=", b"charset*=unknown'x'"),
    ]


@pytest.mark.parametrize("damage", damaged())
def test_damage_in_an_email_affects_only_the_damaged_part(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    made = message("正文")
    made.add_attachment(as_text(), maintype="text", subtype="plain", filename="附件.txt")
    assert blocks(tmp_path, damage(made.as_bytes()))[0][1].startswith("From: a@example.org")


def test_parts_nested_without_end_are_an_error_of_the_document(tmp_path: Path) -> None:
    inner = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at)
        for at in range(3_000)
    )
    with pytest.raises(CorruptDocument, match="e-mail is damaged"):
        read(saved(tmp_path, HEAD + inner), LIMITS)


def test_the_sample_is_an_email(tmp_path: Path) -> None:
    assert detect(saved(tmp_path, as_eml())) == mail.MEDIA_TYPE


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?gb2312?B?udjT2rvh?= =?GB2312?B?0uk=?=", "关于会议"),
        # A character divided between two words.
        ("=?utf-8?b?5YWz5LqO5Lw=?=\n =?utf-8?b?muiurg==?=", "关于会议"),
        ("Re: =?utf-8?q?=E5=85=B3_a?= b =?iso-8859-1?q?=E9?=", "Re: 关 a b é"),
        ("=?utf-8?q?a?= =?utf-8?b?5?= c", "a =?utf-8?b?5?= c"),
    ],
)
def test_encoded_words_are_decoded(tmp_path: Path, written: str, subject: str) -> None:
    mail = f"From: a@example.org\nMessage-ID: <1@a>\nSubject: {written}\n\nbody\n"
    assert (
        read(saved(tmp_path, mail.encode()), LIMITS)
        .text.split("\n\n")[0]
        .endswith(f"Subject: {subject}")
    )
