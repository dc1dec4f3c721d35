"""Creates a masked file and verifies it. Runs in a reading process; `tasks.file_work` lists it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from documents.errors import RedactionIncomplete, UnsupportedDocument
from documents.inventory.entry import Entry, Unread
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.cover import Cover
from documents.masking.formats import MASKED_FORMATS
from documents.masking.replacement import Masking, applied
from documents.masking.verification import Values, Verification, recorded, verify
from documents.source import FileResult
from tasks.redact.comparison import Place, missing
from tasks.redact.masker import Masker

# A value that the file holds in one place in a form that rules find may stand in another place in
# a form that they do not find: it is then masked as a known word in the next attempt.
_ATTEMPTS = 3
_MOST_NAMED = 5


def redact(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the masked file, its media type and an account of it.

    The file is verified. If an item of `places` was not found in it, there is no file, and
    `missing` says which.

    `arguments`: `masker` (a `Masker` as JSON), `media_type`, `places` (the texts that were masked
    in the document's text, as `Place`), `cover` (a list of `Cover`) and `verify_by_ocr`.

    Raises a `DocumentError`, and `RedactionIncomplete` if something could not be masked.
    """
    mask = MASKED_FORMATS.get(arguments["media_type"])
    if mask is None:
        raise UnsupportedDocument("No masked file can be created for this format.")
    masker = Masker.from_json(arguments["masker"])
    cover = frozenset(Cover(one) for one in arguments["cover"])
    places = [Place.of(row) for row in arguments["places"]]
    # The attempts mask the same pictures.
    limits = replace(limits, ocr_scans={})
    for _ in range(_ATTEMPTS):
        account, values = Account(), Values()
        masking = masker.masking(cover)
        file = mask(path, recorded(masking, values), limits, account)
        if absent := missing(places, account.values):
            return FileResult(
                {**account.as_json(), "missing": [one.model_dump() for one in absent]}
            )
        verification = verify(
            file,
            masking,
            {*_all(values), *masker.words()},
            limits,
            by_ocr=arguments["verify_by_ocr"],
        )
        if not verification.left:
            _add_unread(account, verification.unread, masking)
            return FileResult(
                {**account.as_json(), "missing": [], "media_type": file.media_type}, file.data
            )
        extended = masker.knowing(values).knowing(verification.values)
        if extended.targets == masker.targets:
            break
        masker = extended
    raise _incomplete(verification)


def _all(values: Values) -> Iterable[str]:
    return chain.from_iterable(values.values())


def _add_unread(account: Account, unread: Sequence[Entry], masking: Masking) -> None:
    """Lists what the inventory of the masked file could not read.

    The masker lists pictures itself: the file has others, of pages that it painted.
    """
    for entry in unread:
        if entry.reason != Unread.picture:
            where = applied(entry.where, masking.find(entry.where))
            account.add_not_covered(entry.reason, where)


def _incomplete(verification: Verification) -> RedactionIncomplete:
    named = ", ".join(dict.fromkeys(verification.left[:_MOST_NAMED]))
    return RedactionIncomplete(
        f"The masked file would still contain text to be masked ({named}), so it was discarded. "
        "Save the document again with its own program, or print it to a new PDF, and resend it."
    )
