from __future__ import annotations

from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path

import pytest

from documents.document import BlockKind, Document
from documents.errors import DocumentTooLong
from documents.read import read
from documents.readers.mail import mailbox
from documents.readers.mail.bodies import unflowed
from standin.documents.builders import LIMITS, saved

HEAD = b"From: a@example.org\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
LINE = b"From a@example.org Mon Jan  1 00:00:00 2026\n"


def mail(tmp_path: Path, *parts: bytes, kind: bytes = b"mixed") -> Document:
    """An e-mail with these parts, each with its own headers."""
    data = HEAD + b"Content-Type: multipart/" + kind + b"; boundary=x\n\n"
    data += b"".join(b"--x\n" + part + b"\n" for part in parts) + b"--x--\n"
    return read(saved(tmp_path, data), LIMITS)


def texts(document: Document) -> list[str]:
    return document.text.split("\n\n")[1:]


def letter(number: int, body: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = "a@example.org", f"s{number}", "<1@x>"
    made.set_content(body)
    return made.as_bytes()


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("iso-8859-1", "gbk"), ("us-ascii", "gb18030"), ("gb2312", "utf-8"), ("euc-kr", "gbk")],
)
def test_a_body_whose_charset_is_declared_by_mistake_is_read(
    tmp_path: Path, charset: str, encoding: str
) -> None:
    head = HEAD + f"Content-Type: text/plain; charset={charset}\n\n".encode()
    document = read(saved(tmp_path, head + "请于本周五前报送材料。".encode(encoding)), LIMITS)
    assert texts(document) == ["请于本周五前报送材料。"]


def test_a_page_in_an_email_is_decoded_as_it_declares_itself(tmp_path: Path) -> None:
    page = b"Content-Type: text/html\n\n<meta charset=euc-kr><p>" + "주민등록".encode("euc-kr")
    assert texts(mail(tmp_path, page)) == ["주민등록"]


def test_subjects_and_names_declared_as_western_are_read(tmp_path: Path) -> None:
    subject = b64encode("关于防汛的通知".encode("gbk"))
    head = b"Subject: =?iso-8859-1?B?" + subject + b"?=\n" + HEAD
    assert "Subject: 关于防汛的通知" in read(saved(tmp_path, head + b"\nx"), LIMITS).text


def test_all_emails_of_a_mailbox_are_read(tmp_path: Path) -> None:
    second = letter(2, "第二封\n\nFrom 2026 on.\n\n>From x\n")
    data = LINE + letter(1, "第一封") + b"\n" + LINE + second + b"\n" + LINE + letter(3, "三")
    heads = [f"From: a@example.org\nSubject: s{at}" for at in (1, 2, 3)]
    body = ["第二封", "From 2026 on.", "From x"]
    for written in (data, data.replace(b"\n", b"\r\n")):
        document = read(saved(tmp_path, written), LIMITS)
        blocks = document.text.split("\n\n")
        assert blocks == [heads[0], "第一封", heads[1], *body, heads[2], "三"]


def test_a_mailbox_is_read_where_it_is_attached(tmp_path: Path) -> None:
    made = EmailMessage()
    made["From"], made["Message-ID"] = "a@example.org", "<1@example.org>"
    made.set_content("正文")
    box = LINE + letter(1, "第一封") + b"\n" + LINE + letter(2, "第二封")
    made.add_attachment(box, maintype="application", subtype="mbox", filename="a.mbox")
    found = texts(read(saved(tmp_path, made.as_bytes()), LIMITS))
    assert [found[at] for at in (0, 1, 3, 5)] == ["正文", "a.mbox", "第一封", "第二封"]


def test_a_mailbox_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MOST_MESSAGES", 2)
    data = b"\n".join(LINE + letter(at, "x") for at in range(3))
    with pytest.raises(DocumentTooLong, match="more than 2 e-mails"):
        read(saved(tmp_path, data), LIMITS)


def test_flowed_lines_are_joined(tmp_path: Path) -> None:
    body = "请于本周 \n五前报送。\n> 引用 \n> 续行\n>> 旧\n-- \n签名"
    kind = b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
    document = read(saved(tmp_path, HEAD + kind + body.encode()), LIMITS)
    assert texts(document) == ["请于本周五前报送。", "> 引用续行", ">> 旧", "--", "签名"]
    assert unflowed("a \nb\n c \n\n>d", deletes_space=False) == "a b\nc \n> d"


def test_an_invitation_is_read_as_a_calendar_shows_it(tmp_path: Path) -> None:
    invitation = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\n"
        "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:防汛会议\\, 第一\r\n 次\r\n"
        'DTSTART;TZID="Asia/Shanghai":20260601T093000\r\nDTEND:20260601T033000Z\r\n'
        'ORGANIZER;CN="办公室; 甲":mailto:a@example.org\r\nATTENDEE:mailto:b@example.org\r\n'
        "BEGIN:VALARM\r\nDESCRIPTION:no\r\nEND:VALARM\r\nLOCATION:二楼\r\nEND:VEVENT\r\n"
        "BEGIN:VTODO\r\nSUMMARY:材料\r\nDUE;VALUE=DATE:20260602\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )
    part = b"Content-Type: text/calendar; charset=utf-8\n\n" + invitation.encode()
    assert texts(mail(tmp_path, b"Content-Type: text/html\n\n<p>see", part)) == [
        "see",
        "text/calendar",
        "Method: REQUEST\nSummary: 防汛会议, 第一次\nStart: 2026-06-01 09:30 (Asia/Shanghai)\n"
        "End: 2026-06-01 03:30 UTC\nLocation: 二楼\nOrganizer: 办公室; 甲 <a@example.org>\n"
        "Attendee: b@example.org",
        "Method: REQUEST\nSummary: 材料\nDue: 2026-06-02",
    ]


def test_a_report_of_delivery_is_read(tmp_path: Path) -> None:
    part = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\n"
    assert texts(mail(tmp_path, part))[1:] == ["Reporting-MTA: dns; x", "Action: failed"]


def test_an_attached_email_is_read_even_if_it_is_encoded(tmp_path: Path) -> None:
    inner = b64encode(letter(1, "内文"))
    part = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner
    assert texts(mail(tmp_path, part))[-1] == "内文"


@pytest.mark.parametrize(
    "disposition",
    [
        b"filename*=gb2312''%B9%D8%D3%DA%E9F.txt",
        b"filename*=utf-8'zh'%E5%85%B3%E4%BA%8E%E9%95%95.txt",
        b"filename*0*=gbk''%B9%D8%D3%DA; filename*1*=%E9F; filename*2=.txt",
        b"filename*=iso-8859-1''%B9%D8%D3%DA%E9F.txt",
        b'filename="' + "关于镕.txt".encode("gbk") + b'"',
        b'filename="=?gbk?B?' + b64encode("关于镕.txt".encode("gbk")) + b'?="',
    ],
)
def test_the_name_of_an_attachment_is_read_in_any_form(tmp_path: Path, disposition: bytes) -> None:
    part = b"Content-Type: text/plain\nContent-Disposition: attachment; " + disposition
    document = mail(tmp_path, part + b"\n\nwords")
    assert texts(document) == ["关于镕.txt", "words"]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"Content-Type: application/ms-tnef; name=w.dat\n\n\x78\x9f\x3e\x22ab", "TNEF"),
        (b"Content-Type: application/pkcs7-mime; name=w.dat\n\nab", "encrypted"),
        (b"Content-Type: application/x; name=w.dat\n\n\x00\x01\x02\x03", "neither text"),
    ],
)
def test_an_attachment_that_is_not_read_is_listed_with_the_reason(
    tmp_path: Path, part: bytes, reason: str
) -> None:
    document = mail(tmp_path, part)
    assert document.blocks[-1].kind is BlockKind.attachment
    (left,) = document.unread
    assert (left.what, left.where) == ("attachment", "w.dat")
    assert reason in left.reason


def test_a_picture_that_is_attached_is_not_named_twice(tmp_path: Path) -> None:
    page = b"Content-Type: text/html\n\n<p>x<img src=cid:a@b><img src=cid:c><img src=l.png>"
    picture = b"Content-Type: text/plain; name=a.txt\nContent-ID: <a@b>\n\nwords"
    other = b"Content-Type: text/plain; name=b.txt\nContent-Location: l.png\n\nwords"
    document = mail(tmp_path, page, picture, other, kind=b"related")
    assert [one.where for one in document.unread] == ["c"]
