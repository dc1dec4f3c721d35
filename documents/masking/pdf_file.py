"""Masks a PDF by writing a new file.

A page without findings that is fully understood is written anew as text. Any other page becomes a
picture of what it shows, with findings painted over, and its masked text as an invisible layer.
Annotations and form fields become part of the page. Nothing else of the old file is copied.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
from PIL import Image, ImageChops

from documents.draft import too_many_pages
from documents.errors import CorruptDocument, RedactionIncomplete
from documents.inventory.pdf.content import ContentReader, PageText
from documents.inventory.pdf.walk import texts_of
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.masked_file import MaskedFile
from documents.masking.pdf_kept_pages import KeptPages
from documents.masking.pdf_pages import PageTexts
from documents.masking.pdf_parts import Layers, NotUnderstood
from documents.masking.pdf_pictures import PagePictures
from documents.masking.pdf_search import Search
from documents.masking.pdf_source import opened, removed_parts, saved, without_strings
from documents.masking.picture_pages import PicturePages
from documents.masking.replacement import Masking
from documents.readers import pdf
