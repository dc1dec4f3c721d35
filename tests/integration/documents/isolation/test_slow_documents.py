"""Documents that take long delay those of their own department only."""

from __future__ import annotations

import asyncio
import io
import statistics
import time
import zipfile
from pathlib import Path

import pytest

from documents.errors import (
    DocumentError,
    DocumentTooLong,
    ReadTimeout,
)
from documents.isolation.owner import Owner, working_for
from documents.limits import ReadLimits
from standin.documents.builders import LIMITS, saved
from tests.integration.documents.isolation.pools import pool
from tests.integration.documents.isolation.reader_processes import (
    wait_for_readers,
)

SLOW = 8


def pages_alike(pages: int, words: int) -> bytes:
    """An OFD of a few KB whose pages share one part."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    word = (
        '<ofd:TextObject ID="2" Boundary="0 0 9 9" Size="3">'
        '<ofd:TextCode X="0" Y="0">甲</ofd:TextCode></ofd:TextObject>'
    )
    page = '<ofd:Page ID="9" BaseLoc="p.xml"/>'
    parts = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:Pages>{page * pages}</ofd:Pages>"
        "</ofd:Document>",
        "Doc_0/p.xml": f'<ofd:Page {space}><ofd:Content><ofd:Layer ID="1">{word * words}'
        "</ofd:Layer></ofd:Content></ofd:Page>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text_objects", "seconds", "kind"),
    [(50_000, 120, DocumentTooLong), (10**9, 8, ReadTimeout)],
    ids=["as-read", "without-the-readers-bound"],
)
async def test_documents_that_take_long_delay_their_own_department_only(
    tmp_path: Path, letter: Path, text_objects: int, seconds: float, kind: type[DocumentError]
) -> None:
    slow = saved(tmp_path, pages_alike(900, 20_000), "slow")
    limits = ReadLimits(1_000_000, 1_000, text_objects=text_objects)
    async with pool(processes=2, timeout=seconds) as reading:
        await reading.read(letter, LIMITS)
        with working_for(Owner("greedy")):
            tasks = [asyncio.create_task(reading.read(slow, limits)) for _ in range(SLOW)]
        await wait_for_readers(2)
        times = []
        with working_for(Owner("other")):
            for _ in range(5):
                began = time.monotonic()
                await reading.read(letter, LIMITS)
                times.append(time.monotonic() - began)
        # Each wait for a slow document takes longer; so may two, where the machine stands still.
        assert statistics.median(times) < 5, times
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(error) for error in errors] == [kind] * SLOW
        if kind is ReadTimeout:
            # Tried by two processes at once, then set aside.
            assert sum("not tried again" in str(error) for error in errors) >= SLOW - 3
