"""Signatures in e-mails are no data of unknown form, and text in them is found."""

from __future__ import annotations

import gzip
import random
import zlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from textwrap import wrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from documents.readers import mail
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of

HEAD = "From: a@example\nTo: b@example\nMessage-ID: <1@example>\nSubject: notice\n"
KEY = rsa.generate_private_key(65537, 2048)
SIGNED = KEY.sign(b"headers", padding.PKCS1v15(), hashes.SHA256())
DIGITS = b64encode(SIGNED).decode()
FOLDED = "\n ".join(wrap(DIGITS, 64))
SHORT_FIRST = "\n\t".join([DIGITS[:9], *wrap(DIGITS[9:], 70)])
DKIM = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=b.example; s=20260101;\n h=from:to; "
HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
PHONE = "13812341234"
# The digits of a long value of any bytes that no rule knows.
UNKNOWN = b64encode(random.Random(1).randbytes(300)).decode()

# The time of a first message, a GUID, and 60 answers (MS-OXOMSG, 2.2.1.3).
THREAD = bytes.fromhex("01da40000000") + random.Random(2).randbytes(16 + 60 * 5)
# A packet of a public key (RFC 9580, 5.5.1).
KEY_PACKET = b"\x99\x01\x0d\x04"


def digits(data: bytes) -> str:
    return "\n ".join(wrap(b64encode(data).decode(), 64))


SIGNATURES = {
    "DKIM": f"DKIM-Signature: {DKIM}bh={HASH};\n b={FOLDED}\n",
    "DKIM, first line short": f"DKIM-Signature: {DKIM}b={SHORT_FIRST}\n",
    "DKIM of a service": f"X-Google-DKIM-Signature: {DKIM}b={FOLDED}\n",
    "ARC-Seal": f"ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=b.example; s=arc; b={FOLDED}\n",
    "ARC-Message-Signature": f"ARC-Message-Signature: i=1; {DKIM}b={FOLDED}\n",
    "DomainKeys": f"DomainKey-Signature: a=rsa-sha1; q=dns; d=b.example; b={FOLDED}\n",
    "a signature of a service": f"X-Service-Signature: {FOLDED}\n",
    "DKIM of Yahoo": f"X-SONIC-DKIM-SIGN: {DKIM}b={FOLDED}\n",
    "a key": f"Autocrypt: addr=a@example.org; keydata=\n {digits(KEY_PACKET + SIGNED)}\n",
    "Google": f"X-Gm-Message-State: {FOLDED}\n",
    "Exchange": f"X-Microsoft-Antispam-Message-Info: {FOLDED}\n",
    "Exchange, parts": f"X-MS-Exchange-AntiSpam-MessageData-0: {FOLDED}\n",
    "Exchange, a long thread": f"Thread-Index: {digits(THREAD)}\n",
    "Tencent": f"X-QQ-XMAILINFO: {FOLDED}\n",
    "Coremail": f"X-Coremail-Antispam: 1UD129KBjvJXoW7{FOLDED}\n",
    "NetEase": f"X-NTES-SC: AL0_{FOLDED}\n",
    "Alibaba": f"X-Aliyun-Mail-Token: {FOLDED}\n",
    "Amazon": f"X-SES-RECEIPT: {FOLDED}\n",
    "Cisco": f"IronPort-Data: A9a23:{FOLDED}\n",
}


@pytest.mark.parametrize("header", SIGNATURES)
def test_a_signature_in_a_header_is_no_unread_data(tmp_path: Path, header: str) -> None:
    data = f"{HEAD}{SIGNATURES[header]}\nText.\n".encode()
    assert unread_of(entries_of(tmp_path, data, mail.MEDIA_TYPE)) == []


@pytest.mark.parametrize(
    "header",
    [
        f"DKIM-Signature: v=1; d=example; i={NAME}@example; b={DIGITS}",
        f"DKIM-Signature: v=1; b={b64encode(NAME.encode()).decode()}",
        f"DKIM-Signature: v=1; b={b64encode(SIGNED + NAME.encode() + SIGNED).decode()}",
        f"X-Service-Signature: {b64encode(SIGNED[:40] + NAME.encode() + SIGNED).decode()}",
        f"X-Gm-Message-State: {digits(SIGNED + NAME.encode() + SIGNED)}",
        f"X-QQ-mid: {b64encode(b64encode(NAME.encode() * 3)).decode()}",
        f"X-QQ-mid: {(NAME * 3).encode().hex()}",
        f"X-QQ-mid: {NAME}",
        f"Autocrypt: addr={NAME}@example.org; keydata={digits(KEY_PACKET + SIGNED)}",
    ],
)
def test_a_name_in_a_signature_is_found(tmp_path: Path, header: str) -> None:
    data = f"{HEAD}{header}\n\nText.\n".encode()
    assert NAME in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))


@pytest.mark.parametrize("written", [f"{PHONE}00000", f"{DIGITS}/{PHONE}/{DIGITS}"])
@pytest.mark.parametrize("header", ["DKIM-Signature: v=1; b={}", "X-Gm-Message-State: {}"])
def test_a_number_among_the_digits_of_a_signature_is_found(
    tmp_path: Path, header: str, written: str
) -> None:
    data = f"{HEAD}{header.format(written)}\n\nText.\n".encode()
    assert PHONE in texts_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(random.Random(1).randbytes(300)),
        SIGNED + zlib.compress(random.Random(1).randbytes(300)),
        zlib.compress(random.Random(1).randbytes(300))[2:-4],
        SIGNED + gzip.compress(random.Random(1).randbytes(300)),
        SIGNED + b"\xff\xd8\xff\xe0" + SIGNED,
    ],
    ids=["zlib", "zlib after other bytes", "deflate", "gzip", "JPEG"],
)
@pytest.mark.parametrize("header", ["X-Gm-Message-State: {}", "X-Service-Signature: {}"])
def test_compressed_data_and_pictures_in_a_note_are_unread(
    tmp_path: Path, header: str, data: bytes
) -> None:
    message = f"{HEAD}{header.format(digits(data))}\n\nText.\n".encode()
    assert unread_of(entries_of(tmp_path, message, mail.MEDIA_TYPE))


@pytest.mark.parametrize(
    "header",
    [
        "X-Note: {}",
        "DKIM-Signature: v=1; i={}; b=AAAA",
        "Autocrypt: keydata={}",
        "Autocrypt: addr={}",
    ],
)
def test_other_data_in_a_header_is_unread(tmp_path: Path, header: str) -> None:
    data = f"{HEAD}{header.format(UNKNOWN)}\n\nText.\n".encode()
    ((reason, _),) = unread_of(entries_of(tmp_path, data, mail.MEDIA_TYPE))
    assert reason == "encoded data"


def armour(data: bytes, comment: str = "x") -> str:
    digits = "\n".join(wrap(b64encode(data).decode(), 64))
    lines = f"Comment: {comment}\n\n{digits}\n=abcd"
    return f"-----BEGIN PGP SIGNATURE-----\n{lines}\n-----END PGP SIGNATURE-----\n"


@pytest.mark.parametrize("kind", ["text/plain", "application/pgp-signature"])
def test_a_signature_of_openpgp_is_no_unread_data(tmp_path: Path, kind: str) -> None:
    packet = b"\x89\x02\x33\x04\x00\x01\x08" + SIGNED + SIGNED
    head = f"{HEAD}Content-Type: {kind}\n\n"
    data = (head + armour(packet, NAME)).encode()
    entries = entries_of(tmp_path, data, mail.MEDIA_TYPE)
    assert (unread_of(entries), NAME in texts_of(entries)) == ([], True)
    noted = (head + armour(packet + NAME.encode())).encode()
    assert NAME in texts_of(entries_of(tmp_path, noted, mail.MEDIA_TYPE))
    other = (head + armour(b"\x00" + packet)).encode()
    assert len(unread_of(entries_of(tmp_path, other, mail.MEDIA_TYPE))) == 1


def with_smime(*options: pkcs7.PKCS7Options) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(KEY, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"Text.")
    builder = builder.add_signer(certificate, KEY, hashes.SHA256())
    signature = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@example", "<1@example>"
    message.set_content("Text.")
    message.add_attachment(
        signature, maintype="application", subtype="pkcs7-signature", filename="smime.p7s"
    )
    return message.as_bytes()


def test_a_signature_of_smime_is_no_unread_data(tmp_path: Path) -> None:
    data = with_smime(pkcs7.PKCS7Options.DetachedSignature)
    entries = entries_of(tmp_path, data, mail.MEDIA_TYPE)
    assert (unread_of(entries), NAME in texts_of(entries)) == ([], True)


def test_a_signature_of_smime_that_encloses_the_text_is_unread(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, with_smime(), mail.MEDIA_TYPE)
    assert unread_of(entries) == [("embedded file", "smime.p7s")]
