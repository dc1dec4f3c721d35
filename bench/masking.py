"""The time and memory of masking large files.

    python -m bench.masking [NAME ...]

Each file is masked by `redact` in a process of its own, without a model: a PDF of 100 pages of
text with one number on every tenth page, a scan of 20 pages with a number on each (only where a
Chinese font is installed), a register of persons as XLSX of 1 MiB, searched for all kinds of data,
and an XLSX of 10 MiB of random text, which could be encoded text in every cell. Prints the seconds,
the seconds of processor time, the peak memory, and how many items were masked.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import openpyxl

from bench.quality.identifiers import VALID
from bench.quality.measure import CannotMeasure
from bench.quality.pages import drawn, find_font, law_paragraphs, set_in_pages
from documents.limits import ReadLimits
from jobs.process.settings.worker import OcrSettings
from standin.direct_source import read_with_source
from standin.documents.builders import PARAGRAPH, Item, as_pdf
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.redact import RedactOptions, redact
from tasks.redact.finder import RULES
from tasks.redact.kinds import Kind

_LAW = Path(__file__).parents[1] / "tests" / "samples" / "档案法(2020-06-20).md"
# As many threads for OCR as a worker uses.
_LIMITS = ReadLimits(
    max_chars=20_000_000, max_pages=1_000, ocr_pages=100, ocr_threads=OcrSettings().threads
)
_PHONE = "138{:08}"
_PAGE_CHARS = 900
_ROWS_A_MIB = 9_000
_PERSONS_A_MIB = 8_000


@dataclass(frozen=True, slots=True)
class Cost:
    """`mib` is the peak memory of the process, with the libraries that it loads."""

    seconds: float
    processor_seconds: float
    mib: float
    masked: int
    handed_out: bool


def pages_of_text(pages: int = 100) -> bytes:
    content: list[Item] = []
    text = "".join(_LAW.read_text(encoding="utf-8").split())
    for page in range(pages):
        start = page * 97 % (len(text) - _PAGE_CHARS)
        number = f"电话：{_PHONE.format(page)}。" if page % 10 == 0 else ""
        content.append((PARAGRAPH, number + text[start : start + _PAGE_CHARS]))
    return as_pdf(content, breaks=True)


def scanned_pages(pages: int = 20) -> bytes:
    """A PDF whose pages are pictures of 150 dpi. Raises `CannotMeasure` without a Chinese font."""
    font, texts = find_font(), set_in_pages(law_paragraphs())
    first, *rest = (
        drawn(
            [f"电话：{_PHONE.format(page)}。", *texts[page % len(texts)][:-1]], font, 150, seed=page
        )
        for page in range(pages)
    )
    written = io.BytesIO()
    first.save(written, "pdf", save_all=True, append_images=rest, resolution=150)
    return written.getvalue()


def register(mib: int = 1) -> bytes:
    """A workbook with a person in each row: identity number, telephone, address, and a text."""
    chance = random.Random(1)
    law = "".join(_LAW.read_text(encoding="utf-8").split())
    makers = [VALID[name][1] for name in ("identity numbers", "mobiles", "detailed addresses")]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("登记表")
    sheet.append(["序号", "身份证号", "手机", "住址", "日期", "金额", "事由", "编号"])
    for row in range(mib * _PERSONS_A_MIB):
        start = chance.randrange(len(law) - 80)
        reason = law[start : start + chance.randrange(20, 80)]
        day = f"2026-{row % 12 + 1:02}-{row % 28 + 1:02}"
        persons = [make(chance) for make in makers]
        sheet.append([row, *persons, day, row * 7 / 4, reason, f"DA-2026-{row:06}"])
    return _saved(book)


def large_sheet(mib: int = 10) -> bytes:
    """A workbook of random text cells, which do not compress much."""
    chance = random.Random(1)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("表")
    rows = 0
    while rows < mib * _ROWS_A_MIB:
        cells = [f"k{chance.randbytes(5).hex()}" for _ in range(12)]
        sheet.append([*cells, _PHONE.format(rows) if rows % 1_000 == 0 else ""])
        rows += 1
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


# The files, and the kinds of data that they are searched for.
FILES: Mapping[str, tuple[Callable[[], bytes], Sequence[Kind]]] = {
    "text": (pages_of_text, [Kind.mobile]),
    "scan": (scanned_pages, [Kind.mobile]),
    "register": (register, list(RULES)),
    "sheet": (large_sheet, [Kind.mobile]),
}


def cost(data: bytes, kinds: Sequence[Kind]) -> Cost:
    """Mask the file in this process."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        before, processor = time.perf_counter(), time.process_time()
        document, _ = read_with_source(Path(file.name), _LIMITS)
        result = asyncio.run(
            redact(document, RedactOptions(kinds=list(kinds), use_model=False), _engine())
        )
        seconds = time.perf_counter() - before
        processor_seconds = time.process_time() - processor
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    masked = sum(one.count for one in result.in_file)
    return Cost(seconds, processor_seconds, mib, masked, result.file is not None)


def _engine() -> ScriptedEngine:
    return ScriptedEngine(_refuse)


def _refuse(_: Request) -> Answer:
    raise AssertionError("the model was asked")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(FILES))
    for name in parser.parse_args().names or FILES:
        try:
            build, kinds = FILES[name]
            data = build()
        except CannotMeasure as lacks:
            print(f"{name:8} not measured: {lacks}", file=sys.stderr)
            continue
        # A new process for each file, so that its peak memory is its own.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            one = pool.submit(cost, data, kinds).result()
        file = "masked file" if one.handed_out else "NO FILE"
        print(
            f"{name:8} {len(data) / 1024 / 1024:5.1f} MiB  {one.seconds:6.1f} s, "
            f"{one.processor_seconds:6.1f} s of processor time, {one.mib:6.0f} MiB at most, "
            f"{one.masked} items masked, {file}",
            flush=True,
        )


if __name__ == "__main__":
    main()
