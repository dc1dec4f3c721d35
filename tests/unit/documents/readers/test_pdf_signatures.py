"""Electronic signatures of a PDF: the signer, and whether the file is the one that was signed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from pikepdf import Array, Dictionary, Name, String

from documents.document import Document, Seal
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import add_field, pdf_of, show

SIGNER = "某区行政审批局"
BOX = (300.0, 162.0, 400.0, 242.0)
_SIZE = 4_000  # bytes for the signature
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def signed(key: Key | None = None, *, contents: bytes | None = None) -> bytes:
    """A PDF of one page with a signature over the whole file, or with other `contents` for it."""

    def change(pdf: pikepdf.Pdf) -> None:
        value = Dictionary(
            Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"),
            ByteRange=Array([0, 9_999_999, 9_999_999, 9_999_999]), Contents=String(bytes(_SIZE)),
            Name=String("签章人"),
        )  # fmt: skip
        add_field(pdf, "Sig", (300, 600, 400, 680), V=pdf.make_indirect(value), T=String("sig"))

    data = pdf_of([show("准予行政许可。")], change)
    match = re.search(rb"<0{%d}>" % (2 * _SIZE), data)
    assert match
    begin, end = match.span()
    ranges = f"[ 0 {begin} {end} {len(data) - end} ]".encode()
    data = re.sub(rb"\[ 0 9999999 9999999 9999999 \]", lambda one: ranges.ljust(len(one[0])), data)
    if contents is None:
        contents = signature(
            data[:begin] + data[end:], key or ec.generate_private_key(ec.SECP256R1())
        )
    return data[:begin] + b"<" + contents.hex().encode().ljust(2 * _SIZE, b"0") + b">" + data[end:]


def signature(data: bytes, key: Key) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.add_signer(certificate, key, hashes.SHA256()).sign(Encoding.DER, options)


def document_of(tmp_path: Path, data: bytes) -> Document:
    return read(saved(tmp_path, data), LIMITS)


@pytest.mark.parametrize(
    "key",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: rsa.generate_private_key(65537, 2048),
    ],
)
def test_a_signature_over_the_whole_file_holds(tmp_path: Path, key: Callable[[], Key]) -> None:
    document = document_of(tmp_path, signed(key()))
    assert document.seals == (Seal("electronic", SIGNER, 1, BOX, digest_holds=True),)
    assert document.unread == ()
    assert document.text == "准予行政许可。"


def test_a_file_that_was_changed_is_not_the_one_signed(tmp_path: Path) -> None:
    data = signed()
    changed = data.replace(b"/SimSun", b"/SimHei")
    assert len(changed) == len(data)
    assert changed != data
    assert [seal.digest_holds for seal in document_of(tmp_path, changed).seals] == [False]


def test_a_digest_that_its_signer_did_not_sign_does_not_hold(tmp_path: Path) -> None:
    """The signed attributes have the right digest, and the signature over them is another's."""
    data = signed()
    hole = re.search(rb"<([0-9a-f]{%d})>" % (2 * _SIZE), data)
    assert hole
    contents = bytes.fromhex(hole[1].decode()).rstrip(b"\0")
    forged = contents[:-3] + bytes(byte ^ 1 for byte in contents[-3:])
    data = data.replace(contents.hex().encode(), forged.hex().encode())
    assert [seal.digest_holds for seal in document_of(tmp_path, data).seals] == [False]


def test_what_was_added_after_signing_is_named(tmp_path: Path) -> None:
    document = document_of(tmp_path, signed() + b"\n% added\n")
    assert [seal.digest_holds for seal in document.seals] == [None]
    (unread,) = document.unread
    assert (unread.what, unread.where) == ("signature", f"signature of {SIGNER}")
    assert "added to" in unread.reason


@pytest.mark.parametrize("contents", [b"", b"\x30\x80\x00\x00", b"\x30\x03\x02\x01\x05", b"text"])
def test_a_signature_of_another_format_is_listed(tmp_path: Path, contents: bytes) -> None:
    document = document_of(tmp_path, signed(contents=contents))
    assert [(seal.text, seal.digest_holds) for seal in document.seals] == [("签章人", None)]
    assert "is not known" in document.unread[0].reason
