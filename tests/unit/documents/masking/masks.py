"""Masks a file as the task does, for tests."""

from __future__ import annotations

from pathlib import Path

from documents.detect import detect
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.formats import mask_file
from documents.masking.masked_file import MaskedFile
from standin.documents.builders import LIMITS, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

PHONE, PERSON, NAME = "13812341234", "11010519491231002X", "欧阳青禾"


def masked(
    data: bytes, folder: Path, *terms: str, limits: ReadLimits = LIMITS
) -> tuple[MaskedFile, Account]:
    """The masked file: personal data that rules find, `NAME` and `terms`."""
    account = Account()
    masking = Masker(Targets(frozenset(RULES), [NAME, *terms]), Style()).masking()
    path = saved(folder, data)
    return mask_file(path, detect(path), masking, limits, account), account
