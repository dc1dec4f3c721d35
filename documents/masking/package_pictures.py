"""Pictures inside Office and OFD files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from types import MappingProxyType

from documents.masking.account import Account

PICTURE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "emf": "image/x-emf",
        "wmf": "image/x-wmf", "webp": "image/webp",
    }
)  # fmt: skip


def picture_extension(name: str) -> str | None:
    """The extension of a part that is a picture; None for other parts."""
    extension = posixpath.splitext(name)[1].lstrip(".").lower()
    return extension if extension in PICTURE_TYPES else None


def masked_picture(data: bytes, where: str, account: Account) -> bytes | None:
    """The picture to write into a masked file; None if it must be left out."""
    if picture_extension(where) is None:
        account.removed["pictures of unknown formats"] += 1
        return None
    account.add_not_covered("picture", where)
    return data
