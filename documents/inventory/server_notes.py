"""Signatures and notes of servers in headers of e-mails: bytes of no meaning to a reader."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import NamedTuple

from documents.inventory.known_forms import is_known_form

# RFC 6376, RFC 8617, RFC 4870, and what services call their own.
_TAGGED = re.compile(
    r"(?:x-[a-z0-9-]{0,60})?(?:dkim|domainkey)-sign(?:ature)?|arc-(?:seal|message-signature)"
    r"|x-[a-z0-9-]{1,60}-(?:signature|sig)|autocrypt",
    re.IGNORECASE,
)
# Encrypted notes, checksums and lists of features that mail servers and filters write for
# themselves: of Google, Microsoft, Tencent, Coremail and NetEase, Alibaba, China Mobile, Sina,
# Amazon, SendGrid, Mailgun, Mandrill, Postmark, Brevo, Salesforce, Yahoo, Mail.ru (whose names are
# also hexadecimal), Yandex, Zoho, Fastmail, GMX, GitHub, GitLab, LinkedIn, Facebook, Mimecast,
# Proofpoint, Cisco, Barracuda, Cloudmark, Sophos, Symantec, Trend Micro,
# Kaspersky, FireEye, Rspamd.
_NOTES = re.compile(
    r"x-(?:gm|google|microsoft|ms-(?:exchange|office365)|qq|coremail|cm|ntes|aliyun|alimail|ses|sg"
    r"|mailgun|ymail|mimecast|mc|proofpoint|ipas|bess|asg|cmae|sophos|sfdc|sfmc|wechat|wework|rm|sina"
    r"|hm|mandrill|pm|sib|mailin|mailru|yandex|zoho|zohomail|me|ui|provags|github|gitlab|linkedin"
    r"|facebook|entity|amz|tm|tmase|kse|klms|kaspersky|fe|feas|rspamd|spamd|starscan|brightmail"
    r"|cloudmark|cnfs)-[a-z0-9-]{1,80}"
    r"|x-(?:authority-analysis|msg-ref|msfbl|tmn|mtk|mras|viruschecked|[0-9a-f]{7,8})|openpgp"
    r"|ironport-[a-z0-9-]{1,60}",
    re.IGNORECASE,
)
_BYTES = frozenset(("b", "bh", "fh", "keydata"))
# RFC 9580, 4.2 and 5.5.1: the packet of a public key, with a length of either form.
_KEY = re.compile(rb"[\x98-\x9a\xc6]")
_KEY_DATA = "keydata"
# Eight times the digits of a signature with a key of 4,096 bits.
_DIGITS = re.compile(r"[A-Za-z0-9+/_-]{16,5500}={0,2}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]+(?:\s+[A-Za-z0-9+/_-]+)*={0,2}")


class ServerBytes(NamedTuple):
    """Bytes in a header: the name of their tag, their digits without white space, and they."""

    tag: str
    digits: str
    data: bytes


def has_server_bytes(name: str) -> bool:
    """Whether a header of this name may have bytes of signatures or of notes of servers."""
    return _NOTES.fullmatch(name) is not None or _TAGGED.fullmatch(name) is not None


def divided(name: str, value: str) -> tuple[str, Sequence[ServerBytes]]:
    """Divide a header into text and the bytes of signatures and of notes of servers in it.

    White space in the digits has no meaning (RFC 6376, 3.5). A header that has no such bytes is all
    text, and so are bytes in a known form: compressed data, documents and pictures.
    """
    if _NOTES.fullmatch(name):
        return _without_runs(value)
    if not _TAGGED.fullmatch(name):
        return value, ()
    if found := _bytes("value", value):
        return "", [found]
    texts, signatures = [], []
    for piece in value.split(";"):
        tag, _, digits = piece.partition("=")
        tag = tag.strip().lower()
        if tag in _BYTES and (found := _bytes(tag, digits)):
            signatures.append(found)
        else:
            texts.append(piece)
    return ";".join(texts), signatures


def _without_runs(value: str) -> tuple[str, Sequence[ServerBytes]]:
    found: list[ServerBytes] = []

    def taken(match: re.Match[str]) -> str:
        run = _bytes("value", match[0])
        if run is None:
            return match[0]
        found.append(run)
        return ""

    return _RUN.sub(taken, value), found


def _bytes(tag: str, written: str) -> ServerBytes | None:
    digits = "".join(written.split())
    if _DIGITS.fullmatch(digits) is None:
        return None
    whole = digits.rstrip("=").replace("+", "-").replace("/", "_")
    data = urlsafe_b64decode(whole[: -1 if len(whole) % 4 == 1 else None] + "==")
    if tag == _KEY_DATA and _KEY.match(data) is None:
        return None
    return None if is_known_form(data) else ServerBytes(tag, digits, data)
