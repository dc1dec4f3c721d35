"""Creates a masked file and verifies it. Runs in a reading process; `tasks.file_work` lists it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from documents.errors import RedactionIncomplete, UnsupportedDocument
from documents.inventory.entry import Entry, Unread
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.cover import Cover
from documents.masking.formats import MASKED_FORMATS
from documents.masking.replacement import Masking, applied
from documents.masking.verification.verify import Values, Verification, recorded, verify
from documents.ocr.record import loaded
from documents.source import FileResult
from tasks.redact.comparison import Missing, Place, missing
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker

# A value that the file holds in one place in a form that rules find may stand in another place in
# a form that they do not find: it is then masked as a known word in the next attempt. At last the
# file is written in its simplest form: the pages of a PDF as pictures, a converted one as text.
_ATTEMPTS = 4
_MOST_NAMED = 5
_MOST_VALUES = 20_000


def redact(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the masked file, its media type and an account of it.

    The file is verified. If an item of `places` was not found in it, there is no file, and
    `missing` says which. `values` are the texts that were masked, by kind; they are not handed out.

    `arguments`: `masker` (a `Masker` as JSON), `media_type`, `places` (the texts that were masked
    in the document's text, as `Place`), `cover` (a list of `Cover`), `verify_by_ocr` and `scans`
    (`Document.scans`).

    Raises a `DocumentError`, and `RedactionIncomplete` if something could not be masked.
    """
    mask = MASKED_FORMATS.get(arguments["media_type"])
    if mask is None:
        raise UnsupportedDocument("No masked file can be created for this format.")
    masker = Masker.from_json(arguments["masker"])
    cover = frozenset(Cover(one) for one in arguments["cover"])
    places = [Place.of(row) for row in arguments["places"]]
    simplest = False
    # The attempts mask the same pictures, most of which the document's reader has read.
    limits = replace(limits, ocr_scans=loaded(arguments["scans"]))
    for _ in range(_ATTEMPTS):
        account, values = Account(), Values()
        masking = replace(masker.masking(cover), simplest=simplest)
        file = mask(path, recorded(masking, values), limits, account)
        absent = _missing(places, account, masking)
        if absent and file.media_type != arguments["media_type"] and not simplest:
            simplest = True
            continue
        if absent:
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
                {
                    **account.as_json(),
                    "missing": [],
                    "media_type": file.media_type,
                    "values": _listed(values),
                },
                file.data,
            )
        extended = masker.knowing(values).knowing(verification.values)
        if extended.targets == masker.targets:
            if simplest:
                break
            simplest = True
        masker = extended
    raise _incomplete(verification)


def _missing(places: Sequence[Place], account: Account, masking: Masking) -> list[Missing]:
    absent = missing(places, account.values)
    if not absent or not account.left_out:
        return absent
    found = chain.from_iterable(map(masking.find, account.left_out))
    return missing(places, {**account.values, "left out": {one.value for one in found}})


def _listed(values: Values) -> dict[str, list[str]]:
    return {
        kind: list(islice(sorted(texts), _MOST_VALUES))
        for kind, texts in values.items()
        if kind != Kind.term
    }


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
