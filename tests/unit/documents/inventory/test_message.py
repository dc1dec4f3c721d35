from __future__ import annotations

import base64
import hashlib
import quopri
from email.header import Header
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from documents.inventory.entry import EntryKind
from documents.readers import mail
from standin.documents.builders import PARAGRAPH, as_docx
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of

HEAD = "From: a@example\nTo: b@example\nMessage-ID: <1@example>\nSubject: notice\n"
WORD = Header(NAME, "gb18030").encode()
QUOTED = "".join(f"={byte:02X}" for byte in NAME.encode())
UTF_7 = "".join(
    f"+{base64.b64encode(one.encode('utf-16-be')).decode().rstrip('=')}-" for one in NAME
)
BASE32 = base64.b32encode(NAME.encode()).decode().rstrip("=")
PARAMETER = f"utf-8''{quote(NAME)}"
BASE64 = base64.b64encode(NAME.encode()).decode()
MULTIPART = HEAD + "Content-Type: multipart/mixed; boundary=b\n"


# The index of a real message of 2014.
INDEX = base64.b64decode("AdAh4hUJpZgY+nA2Sx6nRtDBYSUXkw==")
OPAQUE = base64.b64encode(hashlib.sha256(b"13812341234").digest()[:15]).decode()


def part(head: str, body: str) -> str:
    return f"--b\n{head}\n\n{body}\n"


PLACES = {
    "an encoded header": HEAD + f"Reply-To: {WORD} <c@example>\n\nText.\n",
    "a header in raw bytes": HEAD + f"X-Sender: {NAME}\n\nText.\n",
    "a header of a part": MULTIPART + "\n" + part(f"Content-Description: {WORD}", "Text."),
    "Bcc": HEAD + f"Bcc: {WORD} <c@example>\n\nText.\n",
    "the preamble": MULTIPART + f"\n{NAME}\n" + part("X: y", "Text."),
    "the epilogue": MULTIPART + "\n" + part("X: y", "Text.") + f"--b--\n{NAME}\n",
    "a file's name": MULTIPART
    + "\n"
    + part(f"Content-Disposition: attachment; filename*={PARAMETER}", "Text."),
    "a file's name in pieces": MULTIPART
    + "\n"
    + part(
        "Content-Disposition: attachment; filename*0*=utf-8''%E9%98%BF%E6%9F;\n"
        " filename*1*=%90%E6%9F%90",
        "Text.",
    ),
    "quoted-printable": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    + quopri.encodestring(NAME.encode()).decode(),
    "between lines of Base64": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    + f"VGV4dA==\n{NAME}\n",
    "a comment of its HTML": HEAD
    + f"Content-Type: text/html; charset=utf-8\n\n<p>Text.</p><!-- {NAME} -->",
    "UTF-7": HEAD + f"Content-Type: text/plain; charset=utf-7\n\n{UTF_7}\n",
    "a word in UTF-7": HEAD + f"X-Note: =?utf-7?Q?{UTF_7.replace('+', '=2B')}?=\n\nText.\n",
    "a word with a space": HEAD + f"X-Note: =?utf-8?B?{BASE64[:6]} {BASE64[6:]}?=\n\nText.\n",
    "a folded word": HEAD + f"X-Note: =?utf-8?Q?{QUOTED[:9]}\n {QUOTED[9:]}?=\n\nText.\n",
    "the second of two names": MULTIPART
    + "\n"
    + part(
        'Content-Disposition: attachment; filename="a.txt"\n'
        f'Content-Disposition: attachment; filename="{WORD}.txt"',
        "Text.",
    ),
    "a parameter in pieces": HEAD
    + "Content-Type: text/plain; x-who*0*=utf-8''%E9%98%BF%E6%9F; x-who*1*=%90%E6%9F%90\n\nText.\n",
    "the name of a header": HEAD + f"X-{BASE32}: y\n\nText.\n",
    "quoted-printable with spaces at the end of a line": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    + f"{QUOTED[:9]}= \t\n{QUOTED[9:]}\n",
    "two pieces of Base64": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    + "".join(base64.b64encode(one.encode()).decode() + "\n" for one in (f"a{NAME[0]}", NAME[1:])),
    "Base64 with a comment": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64 (x)\n\n"
    + BASE64,
    "around a character of zero": HEAD
    + f"Content-Type: text/plain; charset=utf-8\n\n{NAME[0]}\0{NAME[1:]}\n",
    "a folded invitation": HEAD
    + "Content-Type: text/calendar; charset=utf-8\n\n"
    + f"BEGIN:VCALENDAR\nDESCRIPTION:{NAME[0]}\n\t{NAME[1:]}\nEND:VCALENDAR\n",
    "the first line": f"From {NAME} Mon\n{HEAD}\nText.\n",
    "a line among the headers": f"{HEAD}{NAME}\nX: y\n\nText.\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_name_in_an_email_is_found(tmp_path: Path, place: str) -> None:
    entries = entries_of(tmp_path, PLACES[place].encode(), mail.MEDIA_TYPE)
    assert NAME in texts_of(entries)


def test_alternatives_and_attachments_are_listed(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["Subject"] = f"答复{NAME}一"
    inner.set_content("Text.")
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@example", "<1@example>"
    message.set_content(f"{NAME}二")
    message.add_alternative("<p>Text.</p>", subtype="html")
    document = as_docx([(PARAGRAPH, f"{NAME}三")])
    message.add_attachment(document, maintype="application", subtype="x", filename="a.docx")
    message.add_attachment(inner)
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="b.png")
    entries = entries_of(tmp_path, message.as_bytes(), mail.MEDIA_TYPE)
    text = texts_of(entries)
    assert all(f"{NAME}{number}" in text for number in "一二三")
    assert unread_of(entries) == [("picture", "b.png")]


def test_the_shown_headers_and_the_body_are_whole(tmp_path: Path) -> None:
    data = (HEAD + f"Keywords: {NAME}\n\nText.\n").encode()
    entries = entries_of(tmp_path, data, mail.MEDIA_TYPE)
    assert {one.where for one in entries if one.whole} >= {
        "headers",
        "header Subject",
        "plain text",
    }
    (keywords,) = [one for one in entries if one.where == "header Keywords"]
    assert (keywords.kind, keywords.whole) == (EntryKind.metadata, False)


def test_every_email_of_a_mailbox_is_listed(tmp_path: Path) -> None:
    line = "From a@example Mon Jan  1 00:00:00 2026\n"
    encoded = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    box = f"{line}{HEAD}\nText.\n\n{line}{HEAD}{encoded}{BASE64}\n"
    assert NAME in texts_of(entries_of(tmp_path, box.encode(), mail.MEDIA_TYPE))


def test_digits_after_the_end_of_base64_are_found(tmp_path: Path) -> None:
    encoded = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    data = f"{HEAD}{encoded}{BASE64}\n\n13812341234\n"
    assert "13812341234" in texts_of(entries_of(tmp_path, data.encode(), mail.MEDIA_TYPE))


def test_the_name_of_a_file_in_raw_bytes_is_found(tmp_path: Path) -> None:
    disposition = f'Content-Disposition: attachment; filename="{NAME}.txt"'
    data = f"{MULTIPART}\n{part(disposition, 'Text.')}"
    assert NAME in texts_of(entries_of(tmp_path, data.encode(), mail.MEDIA_TYPE))


def test_text_declared_as_utf_7_is_also_searched_as_it_is_written(tmp_path: Path) -> None:
    data = f"{HEAD}Content-Type: text/plain; charset=utf-7\n\n+8613812341234-\n"
    assert "13812341234" in texts_of(entries_of(tmp_path, data.encode(), mail.MEDIA_TYPE))


def index(data: bytes) -> str:
    return f"{HEAD}Thread-Index: {base64.b64encode(data).decode()}\n\nText.\n"


def test_text_in_the_bytes_of_a_thread_index_is_found(tmp_path: Path) -> None:
    for data in (
        INDEX[:5] + b"D" + b"13812341234".ljust(16, b"\xff"),
        INDEX + b"13812" + b"34123" + b"4\xff\xff\xff\xff",
    ):
        entries = entries_of(tmp_path, index(data).encode(), mail.MEDIA_TYPE)
        texts = texts_of(entries).replace("\ufffd", "\n").splitlines()
        assert "13812341234" in texts
        assert unread_of(entries) == []


@pytest.mark.parametrize(
    "header",
    [
        f"Thread-Index: {base64.b64encode(INDEX + b'123').decode()}",
        f"Thread-Index: {base64.b64encode(bytes(22)).decode()}",
        "Thread-Index: a",
        f"X-Reference: {OPAQUE}",
        f"X-Reference: id={OPAQUE}; a",
        "Notes: 1a2b3c4d5e6f7a8b",
    ],
)
def test_a_header_that_nobody_can_read_is_named(tmp_path: Path, header: str) -> None:
    entries = entries_of(tmp_path, f"{HEAD}{header}\n\nText.\n".encode(), mail.MEDIA_TYPE)
    name = header.partition(":")[0]
    assert unread_of(entries) == [("encoded data", f"header {name}")]


@pytest.mark.parametrize(
    "header",
    [
        f"Thread-Index: {base64.b64encode(INDEX + bytes(10)).decode()}",
        f"References: <{OPAQUE}@example>",
        f"Received: from a (b [192.0.2.1]) by c with ESMTPS id {OPAQUE} for <d@example>",
        f"X-CM-TRANSID: {OPAQUE}",
        f"X-QQ-mid: bizesmtp{OPAQUE}",
        f"X-Entity-ID: {OPAQUE}==",
        f"X-Authority-Analysis: v=2.4 cv=Kx7m2Qp9 c=1 a={OPAQUE}:117",
        f"OpenPGP: url=https://keys.example/{OPAQUE}",
        f"X-Msg-Ref: server-11.tower-745.example!1!{OPAQUE}!1",
        f"X-SFDC-LK: {OPAQUE}",
        f"X-WECHAT-ENTERPRISE: {OPAQUE}",
        f"X-7564579A: {OPAQUE}",
        f"X-Mailru-Sender: {OPAQUE * 12}",
        f"X-MS-Exchange-CrossTenant-Id: {OPAQUE}",
        "X-Request-Id: 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
        "X-Digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        f"X-Link: see xn--{NAME.encode('punycode').decode()}",
        "X-Department: Comprehensive-Office section 12",
        "X-Scanner: MailGuard-2026.1 (build-20260601)",
    ],
)
def test_headers_that_are_understood_are_not_named(tmp_path: Path, header: str) -> None:
    entries = entries_of(tmp_path, f"{HEAD}{header}\n\nText.\n".encode(), mail.MEDIA_TYPE)
    assert unread_of(entries) == []
