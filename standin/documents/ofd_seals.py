"""Signs small OFD files with made-up seals (GB/T 33190-2016, 18; GB/T 38540-2020; GM/T 0031-2014).

The values have the structure of real ones and right digests; their signatures are not valid.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from standin.documents.ofd_builder import NAMESPACE, ofd

SealValue = Callable[[bytes], bytes]
"""The value of a seal over the list of digests."""

_SM2_WITH_SM3 = bytes.fromhex("06082a811ccf55018375")
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def certificate(signer: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate that is valid for itself, of `signer`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "青川县"),
            x509.NameAttribute(NameOID.COMMON_NAME, signer),
        ]
    )
    builder = x509.CertificateBuilder(name, name, key.public_key(), 4711)
    builder = builder.not_valid_before(_BEGUN).not_valid_after(_BEGUN + timedelta(days=900))
    return builder.sign(key, hashes.SHA256()), key


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def seal(name: str, signer: str, *, algorithm: str = "sm3", older: bool = False) -> SealValue:
    """A `SES_Signature`. `older`: by GM/T 0031-2014."""
    own = certificate(signer)[0].public_bytes(serialization.Encoding.DER)

    def value(listed: bytes) -> bytes:
        number, bits = der(0x02, b"\x04"), der(0x03, b"\x00" + bytes(64))
        header = der(0x30, der(0x16, b"ES"), number, der(0x16, b"maker"))
        kind = der(0x30, number, der(0x0C, name.encode()), der(0x30, der(0x04, own)))
        picture = der(0x30, der(0x16, b"PNG"), der(0x04, b"\x89PNG"), number, number)
        info = der(0x30, header, der(0x16, b"1"), kind, picture)
        if older:
            signed = der(0x30, der(0x04, own), _SM2_WITH_SM3, bits)
            stamp = der(0x30, info, signed)
        else:
            stamp = der(0x30, info, der(0x04, own), _SM2_WITH_SM3, bits)
        digest = der(0x03, b"\x00" + hashlib.new(algorithm, listed).digest())
        time = der(0x18, b"20260601080000Z")
        to_sign = [number, stamp, time, digest, der(0x16, b"/Doc_0/Signs/Sign_0/Signature.xml")]
        if older:
            to_sign += [der(0x04, own), _SM2_WITH_SM3]
            return der(0x30, der(0x30, *to_sign), bits)
        return der(0x30, der(0x30, *to_sign), der(0x04, own), _SM2_WITH_SM3, bits)

    return value


def signature(signer: str) -> SealValue:
    """A `SignedData` of RFC 5652, for a signature without a seal."""
    own, key = certificate(signer)

    def value(listed: bytes) -> bytes:
        builder = pkcs7.PKCS7SignatureBuilder().set_data(listed)
        builder = builder.add_signer(own, key, hashes.SHA256())
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return builder.sign(serialization.Encoding.DER, options)

    return value


def sealed(
    pages: Sequence[str],
    value: SealValue,
    *,
    algorithm: str = "sm3",
    stamps: str = '<ofd:StampAnnot ID="1" PageRef="1" Boundary="120 200 40 40"/>',
    common: str = "",
    signed: Mapping[str, str | bytes] | None = None,
    unsigned: Mapping[str, str | bytes] | None = None,
    leave_out: Sequence[str] = (),
) -> bytes:
    """An OFD file with a seal over its parts but `leave_out`; then the parts of `unsigned`.

    `common` and `signed` are additional elements and parts, which are signed.
    """
    entry = (
        "<ofd:OFD %s><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>"
        "/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>"
    )
    with zipfile.ZipFile(
        io.BytesIO(ofd(pages, common=common, parts={"OFD.xml": entry, **(signed or {})}))
    ) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>'
        f"{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}</ofd:CheckValue>"
        "</ofd:Reference>"
        for name, data in parts.items()
        if name not in leave_out
    )
    named = f'xmlns:ofd="{NAMESPACE}"'
    listed = (
        f'<ofd:Signature {named}><ofd:SignedInfo><ofd:Provider ProviderName="maker"/>'
        f"<ofd:References>{references}</ofd:References>{stamps}</ofd:SignedInfo>"
        "<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()
    signatures = (
        f'<ofd:Signatures {named}><ofd:Signature ID="1" Type="Seal" '
        'BaseLoc="Sign_0/Signature.xml"/></ofd:Signatures>'
    )
    folder = "Doc_0/Signs"
    added: dict[str, str | bytes] = {
        f"{folder}/Signatures.xml": signatures,
        f"{folder}/Sign_0/Signature.xml": listed,
        f"{folder}/Sign_0/SignedValue.dat": value(listed),
        **(unsigned or {}),
    }
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in {**parts, **added}.items():
            data = part.encode() if isinstance(part, str) else part
            package.writestr(zipfile.ZipInfo(name), data)
    return packed_again.getvalue()
