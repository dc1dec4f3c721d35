"""Pictures inside Office and OFD files."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Mapping
from types import MappingProxyType

from PIL import Image

from documents.errors import CorruptDocument, PagesUnread
from documents.inventory.pictures.drawings import drawing_text
from documents.limits import OcrBudget, ReadLimits
from documents.masking.account import Account
from documents.masking.pictures.file import mask_picture
from documents.masking.replacement import Masking
from documents.readers.pictures import MEDIA_TYPES, damage

PICTURE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "emf": "image/x-emf",
        "wmf": "image/x-wmf", "webp": "image/webp",
    }
)  # fmt: skip

# They hold drawing commands, of which only the text is read.
_DRAWINGS = frozenset(("emf", "wmf"))
_WITH_PALETTE = frozenset(("P", "PA"))


def picture_extension(name: str) -> str | None:
    """The extension of a part that is a picture; None for other parts."""
    extension = posixpath.splitext(name)[1].lstrip(".").lower()
    return extension if extension in PICTURE_TYPES else None


class Pictures:
    """Masks the pictures of one file, as far as OCR may read them."""

    def __init__(self, masking: Masking, limits: ReadLimits, account: Account) -> None:
        self._masking = masking
        self._account = account
        self._budget = OcrBudget(limits)

    @staticmethod
    def extension_of(data: bytes) -> str | None:
        """The usual extension of a picture; None for a format that is not read."""
        try:
            with damage():
                picture = Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES))
                return {"JPEG": "jpg", "TIFF": "tif"}.get(
                    picture.format or "", (picture.format or "").lower()
                )
        except CorruptDocument:
            return None

    def masked(self, data: bytes, where: str) -> bytes | None:
        """The picture to write into the masked file; None if it must be left out.

        `where` is the name of its part. A picture that OCR did not read stays, without its
        metadata, and is listed in the account.
        """
        extension = picture_extension(where)
        if extension is None:
            self._account.removed["pictures of unknown formats"] += 1
            return None
        if extension in _DRAWINGS:
            if self._masking.find(drawing_text(data)):
                self._account.removed["drawings with text to be masked"] += 1
                return None
            self._account.add_not_covered("picture", where)
            return data
        try:
            return mask_picture(data, self._masking, self._budget, self._account, where).data
        except PagesUnread:
            self._account.add_not_covered("picture", where)
            return _without_metadata(data)
        except CorruptDocument:
            self._account.removed["damaged pictures"] += 1
            return None


def _without_metadata(data: bytes) -> bytes:
    with damage():
        picture = Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES))
        format_ = picture.format
        picture.load()
        kept = () if picture.mode in _WITH_PALETTE else ("transparency",)
        shown = {key: picture.info[key] for key in kept if key in picture.info}
        # A JPEG keeps its compression; copies of other formats have no tags.
        is_jpeg = format_ == "JPEG"
        # A palette has colors that no pixel has.
        plain = picture if is_jpeg else _without_palette(picture)
        plain.info.clear()
        plain.info.update(shown)
        file = io.BytesIO()
        plain.save(file, format_, **({"quality": "keep", "exif": b""} if is_jpeg else {}))
    return file.getvalue()


def _without_palette(picture: Image.Image) -> Image.Image:
    if picture.mode not in _WITH_PALETTE:
        return picture.copy()
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
