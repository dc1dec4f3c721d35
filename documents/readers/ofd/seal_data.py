"""The binary value of an electronic seal or signature, as far as a reader needs it.

A seal is a `SES_Signature` of GB/T 38540-2020 or of GM/T 0031-2014 in DER; a signature without a
seal is signed data. Signatures of seals, which are made by SM2, are not verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.der import IDENTIFIER, OCTETS, Element, first
from documents.signed_data import certificate_name, signed_data

_BITS = 0x03


@dataclass(frozen=True, slots=True)
class SealData:
    """The names of a seal and of its signer, and the digest of what was signed; else empty.

    `is_authentic` as in `SignedData`.
    """

    name: str = ""
    signer: str = ""
    digest: bytes = b""
    is_authentic: bool | None = None


def seal_data(data: bytes) -> SealData:
    """Read the value of a seal or signature. What cannot be read of it is empty."""
    try:
        root = first(data).children()
        if root[0].tag == IDENTIFIER:
            signed = signed_data(data)
            return SealData("", signed.signer, signed.digest or b"", signed.is_authentic)
        return _of_seal(root)
    except (ValueError, LookupError, TypeError):
        return SealData()


def _of_seal(root: Sequence[Element]) -> SealData:
    signed = root[0].children()
    info = signed[1].children()[0].children()
    name = info[2].children()[1].content.decode("utf-8", "replace")
    # The newer standard has the certificate beside what is signed, the older one in it.
    holder = root[1] if root[1].tag == OCTETS else signed[5]
    digest = signed[3].content[1:] if signed[3].tag == _BITS else signed[3].content
    try:
        signer = certificate_name(holder.content)
    except ValueError:
        signer = ""
    return SealData(name.strip(), signer, digest)
