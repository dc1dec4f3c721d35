"""`make fuzz`: reads and masks 1,000 damaged files per format.

Use `ARGS="docx masked-pdf -n 200"` for some.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog
from PIL import Image

from standin.documents.builders import FORMATS, as_docx, as_eml, as_html, as_rtf
from standin.documents.docx_parts import INCLUDED, including
from standin.documents.ofd_builder import WHOLE, scanned, text_object
from tests.fuzz.masked import MASKED, MaskedOutcome, fuzz_masked
from tests.fuzz.run import LIMITS, SECONDS, Outcome, fuzz, pool
from tests.unit.tasks.official_layout.official_letter import letter

SCAN = Path(__file__).parents[1] / "samples/archives-law-scan.png"
PICTURES = ("png", "jpeg", "tiff", "bmp", "webp", "gif")
SAMPLES: dict[str, Callable[[], bytes]] = {**FORMATS, "eml": as_eml}


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
