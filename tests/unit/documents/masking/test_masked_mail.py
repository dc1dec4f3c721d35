from __future__ import annotations

import base64
import io
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from docx import Document as WordDocument

from documents.masking.verification.verify import verify
from documents.read import read
from documents.readers import mail
from standin.documents.builders import LIMITS, PARAGRAPH, as_docx, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.inventory.places import entries_of
from tests.unit.documents.masking.masks import NAME, PERSON, PHONE, masked


def everywhere() -> EmailMessage:
    """An e-mail with the name or a number in each place."""
    message = EmailMessage()
    message["From"] = f"{NAME} <a@example.org>"
    message["To"], message["Reply-To"] = "b@example.org", f"{NAME} <c@example.org>"
    message["Subject"], message["Date"] = PHONE, "Mon, 01 Jun 2026 08:00:00 +0800"
    message["Message-ID"], message["X-Note"] = f"<{PHONE}@example.org>", PERSON
    message["Received"] = f"from {PHONE} by example.org"
    message.set_content(f"电话{PHONE}", cte="base64")
    message.add_alternative(f"<p>电话<b>138</b>12341234<!-- {NAME} --></p>", subtype="html")
    word = as_docx([(PARAGRAPH, f"申请人{NAME}。")])
    message.add_attachment(word, maintype="application", subtype="x-word", filename=f"{NAME}.docx")
    message.add_attachment(
        b"\x00\x01" + PHONE.encode(), maintype="a", subtype="b", filename="c.bin"
    )
    message.add_attachment(f"BEGIN {PHONE}", subtype="calendar", filename="invite.ics")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "d@example.org", NAME
    inner.set_content(PERSON)
    message.add_attachment(inner)
    return message


def decoded(data: bytes) -> str:
    """Every header and every part that is text, decoded."""
    message = message_from_bytes(data, policy=policy.default)
    texts = []
    for part in message.walk():
        texts += [f"{name}: {value}" for name, value in part.items()]
        if part.get_content_maintype() == "text":
            texts.append(str(part.get_content()))
    return "\n".join(texts)


def test_nothing_to_mask_is_left_in_an_email(tmp_path: Path) -> None:
    data = everywhere().as_bytes()
    assert decoded(data).count(PHONE) >= 4
    file, account = masked(data, tmp_path)
    left = decoded(file.data)
    for value in (NAME, PHONE, PERSON, "a@example.org", "X-Note", "Received"):
        assert value not in left, left
    assert file.media_type == mail.MEDIA_TYPE
    assert account.removed["attachment c.bin"] == 1


def test_attachments_are_masked_in_their_own_format(tmp_path: Path) -> None:
    file, account = masked(everywhere().as_bytes(), tmp_path)
    message = message_from_bytes(file.data, policy=policy.default)
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert names == ["****.docx", "invite.txt"]
    assert account.masked["****.docx: body", "term"] == 1
    (word,) = (part for part in message.walk() if part.get_filename() == "****.docx")
    (paragraph,) = WordDocument(io.BytesIO(word.get_content())).paragraphs
    assert paragraph.text == "申请人****。"


def test_a_masked_email_is_read_as_an_email(tmp_path: Path) -> None:
    file, _ = masked(everywhere().as_bytes(), tmp_path)
    again, account = masked(file.data, tmp_path)
    assert again.media_type == mail.MEDIA_TYPE
    assert not account.masked


def test_equal_emails_give_equal_files(tmp_path: Path) -> None:
    data = everywhere().as_bytes()
    assert masked(data, tmp_path)[0].data == masked(data, tmp_path)[0].data


@pytest.mark.parametrize(
    "date",
    ["Mon, 01 Jun 2026 08:00:00 +0800", "Mon, 01 Jun 2025 00:00:00 +9999999999999999", "x" * 20],
)
def test_a_date_with_text_to_mask_or_that_is_none_is_left_out(date: str, tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = message["To"] = "a@example.org"
    message["Subject"] = "a"
    message.set_content("b")
    data = message.as_bytes().replace(b"Subject: a", f"Subject: a\nDate: {date}".encode())
    file, account = masked(data, tmp_path, "2026")
    assert "Date" not in message_from_bytes(file.data)
    assert account.removed["headers"] == 1


def test_words_of_a_masked_emails_format_are_not_left_text(tmp_path: Path) -> None:
    data = everywhere().as_bytes()
    terms = ["plain", "mixed", "part"]
    masking = Masker(Targets(frozenset(RULES), [NAME, *terms]), Style()).masking()
    file, _ = masked(data, tmp_path, *terms)
    assert verify(file, masking, [NAME, *terms], LIMITS).left == []


def test_encoded_data_in_the_text_of_an_email_is_left_out(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "a@example.org"
    word = as_docx([(PARAGRAPH, f"申请人{NAME}。")])
    message.set_content(f"正文\n\n{base64.encodebytes(word).decode()}\n完")
    file, account = masked(message.as_bytes(), tmp_path)
    assert decoded(file.data).splitlines()[-3:] == ["***", "", "完"]
    assert account.removed["encoded data"] == 1


def test_a_value_in_the_name_of_an_attachment_is_counted(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "a@example.org"
    message.set_content("正文")
    message.add_attachment("甲", filename=f"{PERSON}.txt")
    _, account = masked(message.as_bytes(), tmp_path)
    assert account.values["names of attachments"] == {PERSON}


@pytest.mark.parametrize(
    "term", ["utf", "UTF-8", "charset", "text", "attachment", "filename", "txt"]
)
def test_words_that_every_email_has_can_be_terms(tmp_path: Path, term: str) -> None:
    message = EmailMessage()
    message["From"] = "a@example.org"
    message.set_content(f"正文 {term} 完")
    message.add_attachment("甲", filename="附件.txt")
    message.add_attachment("乙", filename="通知公告" * 12 + ".txt")
    file, _ = masked(message.as_bytes(), tmp_path, term)
    masking = Masker(Targets(frozenset(RULES), [term]), Style()).masking()
    assert verify(file, masking, {term}, LIMITS).left == []


@pytest.mark.parametrize(("term", "name"), [("txt", "附件"), ("docx", "附件.txt")])
def test_an_extension_that_is_a_term_is_left_out_of_the_name(
    tmp_path: Path, term: str, name: str
) -> None:
    message = EmailMessage()
    message["From"] = "a@example.org"
    message.set_content("正文")
    message.add_attachment("甲", filename="附件.txt")
    file, _ = masked(message.as_bytes(), tmp_path, term)
    parts = message_from_bytes(file.data, policy=policy.default).walk()
    assert [part.get_filename() for part in parts if part.get_filename()] == [name]


def test_each_email_of_a_mailbox_is_masked(tmp_path: Path) -> None:
    letters = []
    for words in (f"电话{PHONE}", f"From 2026 {NAME}\n\nFrom x: y"):
        message = EmailMessage()
        message["From"], message["Message-ID"] = f"{NAME} <a@example.org>", "<1@example.org>"
        message.set_content(words)
        letters.append(message.as_bytes().replace(b"\nFrom", b"\n>From"))
    line = b"From a@example.org Mon Jan  1 00:00:00 2026\n"
    file, _ = masked(b"\n".join(line + letter for letter in letters), tmp_path)
    document = read(saved(tmp_path, file.data), LIMITS)
    assert [text.replace("\n", " ") for text in document.text.split("\n\n")] == [
        "From: **** <***@example.org>",
        "电话138****1234",
        "From: **** <***@example.org>",
        "From 2026 ****",
        "From x: y",
    ]


def test_a_number_in_flowed_lines_is_masked(tmp_path: Path) -> None:
    head = b"From: a@x\nMessage-ID: <1@x>\nContent-Type: text/plain; format=flowed; delsp=yes\n\n"
    file, _ = masked(head + f"138 \n{PHONE[3:]}".encode(), tmp_path)
    assert PHONE[3:] not in decoded(file.data)


HEAD = "From: a@example.org\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
IN_16 = base64.b64encode(PHONE.encode("utf-16-be")).decode().rstrip("=")
DIGITS = base64.b64encode(PHONE.encode()).decode()
REPORT = "Reporting-MTA: dns; example.org\n\nDiagnostic-Code: smtp; 550 "
ARMOUR = f"-----BEGIN PGP SIGNATURE-----\nComment: {PHONE}\n\nAAAA\n-----END PGP SIGNATURE-----\n"
WRITTEN = {
    "a subject in UTF-7": f"Subject: =?utf-7?Q?=2B{IN_16}-?=\n\nText.\n",
    "a body in UTF-7": f"Content-Type: text/plain; charset=utf-7\n\n+{IN_16}-\n",
    "an encoded word with a space": f"Subject: =?utf-8?B?{DIGITS[:5]} {DIGITS[5:]}?=\n\nText.\n",
    "a folded invitation": "Content-Type: text/calendar; charset=utf-8\n\n"
    f"BEGIN:VCALENDAR\nX-A:{PHONE[:4]}\n\t{PHONE[4:]}\nEND:VCALENDAR\n",
    "a comment in the date": f"Date: Mon, 01 Jun 2026 08:00:00 +0800 ({PHONE})\n\nText.\n",
    "a report of delivery": f"Content-Type: message/delivery-status\n\n{REPORT}{PHONE}\n",
    "a comment of a signature": f"Content-Type: application/pgp-signature\n\n{ARMOUR}",
}


@pytest.mark.parametrize("place", WRITTEN)
def test_a_number_is_masked_however_an_email_writes_it(tmp_path: Path, place: str) -> None:
    source = saved(tmp_path, (HEAD + WRITTEN[place]).encode())
    file, account = masked(source.read_bytes(), tmp_path)
    text = decoded(file.data)
    written = (PHONE, IN_16, DIGITS, f"{PHONE[:4]}\r\n\t{PHONE[4:]}")
    assert not any(one in text.replace("\n\t", "\r\n\t") for one in written)
    values = {value for one in account.values.values() for value in one}
    assert PHONE in values or any(PHONE in one for one in account.left_out)


@pytest.mark.parametrize("escape", [r"\{:06x}", r"\{:x} "])
def test_escapes_of_a_style_sheet_of_a_saved_page_are_masked(tmp_path: Path, escape: str) -> None:
    message = EmailMessage()
    message["From"], message["Message-ID"] = "<Saved by Blink>", "<1@example.org>"
    message.set_content("<p>甲</p>", subtype="html")
    written = "".join(escape.format(ord(one)) for one in PHONE)
    message.add_related(f'p::after {{ content: "{written}" }}', subtype="css", cid="<c@example>")
    file, _ = masked(message.as_bytes(), tmp_path)
    masker = Masker(Targets(frozenset(RULES)), Style())
    assert verify(file, masker.masking(), {PHONE}, LIMITS).left == []
    assert "138****1234" in decoded(file.data)


def test_a_style_sheet_beside_a_page_is_left_out_and_its_texts_are_found(tmp_path: Path) -> None:
    message = EmailMessage()
    page = "".join(f"<i class=a{one}></i>" for one in PHONE)
    sheet = "".join(f".a{one}::before{{content:'{one}'}}" for one in sorted(set(PHONE)))
    message.set_content(f"<p>Text.<p>{page}", subtype="html")
    message.add_related(sheet, subtype="css", cid="<a@example>")
    entries = entries_of(tmp_path, message.as_bytes(), mail.MEDIA_TYPE)
    assert any(PHONE in one.text for one in entries)
    file, account = masked(message.as_bytes(), tmp_path)
    parts = [part.get_content_type() for part in message_from_bytes(file.data).walk()]
    assert parts == ["multipart/related", "text/html"]
    assert account.removed["attachment text/css"] == 1


def test_a_drawing_that_shows_a_number_backwards_is_found_in_an_attachment(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("Text.")
    drawing = f"<svg><text transform='scale(-1,1)'>{PHONE[::-1]}</text></svg>".encode()
    message.add_attachment(drawing, maintype="image", subtype="svg+xml", filename="a.svg")
    entries = entries_of(tmp_path, message.as_bytes(), mail.MEDIA_TYPE)
    assert any(PHONE in one.text for one in entries)
