"""Signed data of the Cryptographic Message Syntax (RFC 5652), as in signatures of PDFs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from documents.der import OCTETS, SEQUENCE, SET, Element, first, identifier

Digest = Callable[[hashes.HashAlgorithm], bytes]

_HASHES: Mapping[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303 - old signatures use it
        "2.16.840.1.101.3.4.2.4": hashes.SHA224(),
        "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
        "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
        "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
        "1.2.156.10197.1.401": hashes.SM3(),
    }
)
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_RSA_PSS = "1.2.840.113549.1.1.10"
_CERTIFICATES, _ATTRIBUTES = 0xA0, 0xA0
_MOST_CERTIFICATES = 50


@dataclass(frozen=True, slots=True)
class SignedData:
    """A signature with its signer's certificate.

    Attributes:
        signer: The common name in the certificate, or its organisation; empty if it has none.
        hash: The hash of what is signed; None if it is not known.
        digest: The digest that was signed; None if the signature does not state it.
        content: What is signed, if the signature holds it.
        is_authentic: Whether the signature over the digest is that of the certificate's key; None
            where that was not checked, as for SM2. Certificates are not verified.
    """

    signer: str
    hash: hashes.HashAlgorithm | None
    digest: bytes | None
    content: bytes | None
    is_authentic: bool | None

    def holds(self, digest_of: Digest) -> bool | None:
        """Whether what is signed is what `digest_of` gives the digest of; None if not checked."""
        if self.hash is None or self.digest is None:
            return None
        if self.content is not None:
            # The content is the digest by SHA-1 (ISO 32000-1, 12.8.3.3.1, `adbe.pkcs7.sha1`).
            is_same = self.content == digest_of(hashes.SHA1())  # noqa: S303
            return is_same and self.digest == digest_of_bytes(self.content, self.hash)
        return self.is_authentic is not False and self.digest == digest_of(self.hash)


def digest_of_bytes(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def signed_data(data: bytes) -> SignedData:
    """Parse a signature; bytes after it are ignored. Raises `ValueError`."""
    outer = first(data).children()
    body = outer[1].children()[0].children()
    enclosed, signer = body[2].children(), body[-1].children()[0].children()
    certificates = [one for one in body[3:-1] if one.tag == _CERTIFICATES]
    content = None
    if len(enclosed) > 1 and (inner := enclosed[1].children()[0]).tag == OCTETS:
        content = inner.content
    certificate = _certificate(certificates, signer[1])
    algorithm = _HASHES.get(identifier(signer[2].children()[0].content))
    attributes = signer[3] if signer[3].tag == _ATTRIBUTES else None
    return SignedData(
        _name(certificate),
        algorithm,
        _message_digest(attributes) if attributes else None,
        content,
        _is_authentic(certificate, algorithm, attributes, signer) if attributes else None,
    )


def _certificate(listed: Sequence[Element], signer: Element) -> x509.Certificate | None:
    """The certificate that the signer names by issuer and serial number, or else the first."""
    each = [one for element in listed for one in element.children() if one.tag == SEQUENCE]
    try:
        found = [x509.load_der_x509_certificate(one.whole) for one in each[:_MOST_CERTIFICATES]]
    except x509.InvalidVersion as error:
        raise ValueError("a certificate of an unknown version") from error
    if signer.tag == SEQUENCE:
        serial = int.from_bytes(signer.children()[1].content, "big")
        for certificate in found:
            if certificate.serial_number == serial:
                return certificate
    return found[0] if found else None


def _name(certificate: x509.Certificate | None) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        names = certificate.subject.get_attributes_for_oid(kind) if certificate else []
        if names:
            return str(names[0].value)
    return ""


def certificate_name(certificate: bytes) -> str:
    """The name of a certificate in DER, as in `SignedData.signer`. Raises `ValueError`."""
    try:
        return _name(x509.load_der_x509_certificate(certificate))
    except x509.InvalidVersion as error:
        raise ValueError("a certificate of an unknown version") from error


def _message_digest(attributes: Element) -> bytes | None:
    for attribute in attributes.children():
        name, values = attribute.children()[:2]
        if identifier(name.content) == _MESSAGE_DIGEST and values.tag == SET:
            return values.children()[0].content
    return None


def _is_authentic(
    certificate: x509.Certificate | None,
    algorithm: hashes.HashAlgorithm | None,
    attributes: Element,
    signer: Sequence[Element],
) -> bool | None:
    scheme, signature = signer[4].children()[0], signer[5].content
    if certificate is None or algorithm is None or identifier(scheme.content) == _RSA_PSS:
        return None
    # The attributes are signed as a set (RFC 5652, 5.4).
    signed = bytes([SET]) + attributes.whole[1:]
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return None
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError):  # a curve or hash that OpenSSL does not have
        return None
    return True
