"""`make fuzz`: reads and masks 1,000 damaged files per format.

Use `ARGS="docx masked-pdf -n 200"` for some.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import structlog
from PIL import Image

from standin.documents.builders import FORMATS, as_docx, as_eml, as_html, as_rtf
from standin.documents.compound_builder import attachment, compound, message
from standin.documents.docx_parts import INCLUDED, including
from standin.documents.ofd_builder import WHOLE, scanned, text_object
from standin.documents.office_builders import (
    binary_cell,
    binary_row,
    binary_workbook_of,
    presentation,
    record,
    shape,
    slide,
    wide,
)
from tests.fuzz.masked import MASKED, MaskedOutcome, fuzz_masked
from tests.fuzz.run import LIMITS, SECONDS, Outcome, fuzz, pool
from tests.unit.tasks.official_layout.official_letter import letter

SCAN = Path(__file__).parents[1] / "samples/archives-law-scan.png"
PICTURES = ("png", "jpeg", "tiff", "bmp", "webp", "gif")
MAIL = b"From: a@example.org\nMessage-ID: <1@example.org>\nSubject: a\n\nwords\n"


def packed(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in files.items():
            container.writestr(name, data)
    return written.getvalue()


def as_presentation() -> bytes:
    """A PPTX with a table, a chart, scripts and notes."""
    names = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>格</a:t></a:r></a:p></a:txBody></a:tc>"
    frames = "".join(
        f"<p:graphicFrame><a:graphic><a:graphicData>{one}</a:graphicData></a:graphic>"
        "</p:graphicFrame>"
        for one in (f"<a:tbl><a:tr>{cell * 2}</a:tr></a:tbl>", f'<c:chart {names} r:id="c"/>')
    )
    points = '<c:pt idx="0"><c:v>1</c:v></c:pt><c:pt idx="1"><c:v>2.5</c:v></c:pt>'
    values = f"<c:numRef><c:numCache><c:formatCode>0.0%</c:formatCode>{points}</c:numCache>"
    series = (
        f"<c:ser><c:cat><c:strLit>{points}</c:strLit></c:cat><c:val>{values}</c:numRef></c:val>"
    )
    power = '<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>8</a:t></a:r></a:p>'
    return presentation(
        [shape("题", placeholder="title") + shape("正文", power) + frames, shape("第二页")],
        relations_of={
            1: [
                ("c", "chart", "ppt/charts/chart1.xml"),
                ("n", "notesSlide", "ppt/notesSlides/notes1.xml"),
            ]
        },
        parts={
            "ppt/charts/chart1.xml": f"<c:chartSpace {names}><c:chart>{series}</c:ser></c:chart>"
            "</c:chartSpace>",
            "ppt/notesSlides/notes1.xml": slide(shape("备注", placeholder="body"), name="notes"),
        },
    )


def as_binary_workbook() -> bytes:
    """An XLSB with each kind of cell, formats, merged and hidden parts."""
    values = (
        (2, struct.pack("<I", 12345 << 2 | 2)), (3, b"\x07"), (4, b"\1"),
        (5, struct.pack("<d", 0.853)), (6, wide("甲")), (7, struct.pack("<I", 0)),
        (8, wide("结果") + bytes(10)), (62, b"\0" + wide("多种格式")),
    )  # fmt: skip
    cells = [binary_cell(kind, at, body, at % 3) for at, (kind, body) in enumerate(values)]
    rows = binary_row(0) + b"".join(cells) + binary_row(1, is_hidden=True) + cells[4]
    return binary_workbook_of(
        rows,
        formats=["0.00%", "yyyy-m-d"],
        strings=["共享"],
        before=record(60, struct.pack("<IIIIH", 9, 9, 2048, 0, 1)),
        after=record(176, struct.pack("<IIII", 0, 0, 0, 1)),
    )


SAMPLES: dict[str, Callable[[], bytes]] = {
    **FORMATS,
    "eml": as_eml,
    "msg": lambda: compound(message("题", "正文", [attachment("a.txt", b"words")])),
    "mbox": lambda: b"From a Thu Jan  1 00:00:00 1970\n" + as_eml() + b"\n\n" + MAIL,
    "zip": lambda: packed(
        {"甲/a.txt": b"words", "b.docx": as_docx(), "c.zip": packed({"d": MAIL})}
    ),
    "pptx": as_presentation,
    "xlsb": as_binary_workbook,
}


def as_doc() -> bytes:
    """A DOC file, written by LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "document.docx")
        source.write_bytes(as_docx())
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        subprocess.run(
            [*command, "--convert-to", "doc", "--outdir", folder, str(source)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return source.with_suffix(".doc").read_bytes()


def as_letter() -> bytes:
    """An official letter, with more content for the layout tasks."""
    file = io.BytesIO()
    letter().save(file)
    return file.getvalue()


def as_picture(kind: str) -> bytes:
    """One line of a scan as a picture."""
    file = io.BytesIO()
    with Image.open(SCAN) as page:
        page.crop((100, 180, 500, 240)).convert("L").save(file, kind)
    return file.getvalue()


def as_chunk() -> bytes:
    """A DOCX that imports a web page (altChunk)."""
    return including(as_html(), f"<w:p><w:r><w:t>附件</w:t></w:r></w:p>{INCLUDED}")


def as_scanned_ofd() -> bytes:
    written = text_object("本页是文字。", 25, 40)
    return scanned([written, WHOLE.format(id=1)], as_picture("jpeg"))


SAMPLES |= {"letter": as_letter, "chunk": as_chunk, "ofdscan": as_scanned_ofd}
SAMPLES |= {kind: partial(as_picture, kind) for kind in PICTURES}
if shutil.which("soffice"):
    SAMPLES |= {"rtf": as_rtf, "doc": as_doc}


async def run(name: str, files: range, folder: Path, scratch: Path) -> Outcome:
    """Raises `AssertionError` if an intact file is read differently after the damaged ones."""
    whole = SAMPLES[name]()
    intact = folder / "intact"
    intact.write_bytes(whole)
    async with pool(scratch) as reading:
        before = await reading.read(intact, LIMITS)
        assert before.text
        outcome = await fuzz(reading, name, whole, files, folder)
        assert await reading.read(intact, LIMITS) == before
    return outcome


async def mask(name: str, files: range, folder: Path, scratch: Path) -> MaskedOutcome:
    async with pool(scratch) as reading:
        return await fuzz_masked(reading, MASKED[name], files, folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", help=", ".join([*SAMPLES, *MASKED]))
    parser.add_argument("-n", type=int, default=1_000, metavar="FILES")
    parser.add_argument("--start", type=int, default=0, metavar="NUMBER")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    numbers = range(asked.start, asked.start + asked.n)
    failed = False
    for name in asked.formats or [*SAMPLES, *MASKED]:
        with tempfile.TemporaryDirectory() as files, tempfile.TemporaryDirectory() as scratch:
            start = time.monotonic()
            outcome: Outcome | MaskedOutcome
            if name in MASKED:
                outcome = asyncio.run(mask(name, numbers, Path(files), Path(scratch)))
            else:
                outcome = asyncio.run(run(name, numbers, Path(files), Path(scratch)))
            left = [path.name for path in Path(scratch).iterdir()]
        failed |= outcome.slowest > 4 * SECONDS or bool(left) or bool(outcome.crashed)
        failed |= outcome.counts.total() != asked.n
        failed |= isinstance(outcome, MaskedOutcome) and bool(outcome.leaks)
        _report(name, outcome, time.monotonic() - start, left)
    return int(failed)


def _report(name: str, outcome: Outcome | MaskedOutcome, seconds: float, left: list[str]) -> None:
    counts = ", ".join(f"{kind} {count}" for kind, count in outcome.counts.most_common())
    print(f"{name:9} {outcome.counts.total():6,} files  {seconds:6.0f} s  {counts}")
    if isinstance(outcome, MaskedOutcome):
        for leak in outcome.leaks:
            print(f"{'':9} LEAKED: {leak}")
    elif outcome.worked:
        worked = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.worked.items()))
        print(f"{'':9} {worked}")
    if outcome.crashed:
        print(f"{'':9} CRASHED: {', '.join(outcome.crashed)}")
    print(f"{'':9} slowest {outcome.slowest:.1f} s, left behind: {left or 'nothing'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
