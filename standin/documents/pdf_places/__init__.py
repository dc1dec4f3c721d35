"""PDF files with one value in one place: text, objects, streams, or bytes between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from standin.documents.pdf_places import (
    content,
    file_bytes,
    fonts_and_images,
    notes_and_fields,
    properties,
)

PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        **content.PLACES,
        **notes_and_fields.PLACES,
        **properties.PLACES,
        **fonts_and_images.PLACES,
        **file_bytes.PLACES,
    }
)
"""Of each place, by its name, a function that returns the file for an ASCII value of digits or
letters."""
