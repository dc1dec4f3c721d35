"""The processor time of reading large files of text.

    python -m bench.reading [NAME ...] [--mib 10]

A DOCX of paragraphs in several runs, an XLSX and an XLSB of texts and formatted numbers, each a
file of so many MiB, and a PDF of 200 pages of text. Prints and reports the seconds of processor
time of one core, and the pages a second of the PDF.
"""

from __future__ import annotations

import argparse
import random
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.figures import report
from bench.masking import pages_of_text
from bench.system import machine
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import docx_with
from standin.documents.office_builders import (
    binary_cell,
    binary_row,
    binary_workbook_of,
    wide,
    workbook,
)

_MIB = 1024 * 1024
_LIMITS = ReadLimits(max_chars=100_000_000, max_pages=1_000, ocr_pages=0)
_LAW = Path(__file__).parents[1] / "tests" / "samples" / "档案法(2020-06-20).md"
_PAGES = 200
_FORMATS = ("0.00%", "#,##0.00")


def _texts(seed: int, length: int) -> Iterator[str]:
    """Random characters of a law, which become little smaller in a ZIP container."""
    chance, law = random.Random(seed), _LAW.read_text("utf-8")
    letters = [one for one in law if one.isalnum()]
    while True:
        yield "".join(chance.choices(letters, k=length))


def docx(mib: float) -> bytes:
    """One run in two has properties, as for words in bold."""
    texts, runs = _texts(1, 30), ("", "<w:rPr><w:b/></w:rPr>") * 2

    def paragraph(_: int) -> str:
        written = (f"<w:r>{one}<w:t>{next(texts)}</w:t></w:r>" for one in runs)
        return f"<w:p>{''.join(written)}</w:p>"

    return _of_size(mib, lambda rows: docx_with("".join(map(paragraph, range(rows)))))


def xlsx(mib: float) -> bytes:
    texts, chance = _texts(2, 12), random.Random(2)

    def row(at: int) -> str:
        first = f'<c r="A{at}" t="inlineStr"><is><t>{next(texts)}</t></is></c>'
        numbers = (
            f'<c r="{column}{at}" s="{style % 3}"><v>{chance.random() * 1e5:.2f}</v></c>'
            for style, column in enumerate("BCDEFGHI")
        )
        return f'<row r="{at}">{first}{"".join(numbers)}</row>'

    return _of_size(
        mib, lambda rows: workbook("".join(map(row, range(1, rows + 1))), formats=_FORMATS)
    )


def xlsb(mib: float) -> bytes:
    texts, chance = _texts(3, 12), random.Random(3)

    def row(at: int) -> bytes:
        numbers = (
            binary_cell(5, column, struct.pack("<d", round(chance.random() * 1e5, 2)), column % 3)
            for column in range(1, 9)
        )
        return b"".join((binary_row(at), binary_cell(6, 0, wide(next(texts))), *numbers))

    return _of_size(
        mib, lambda rows: binary_workbook_of(b"".join(map(row, range(rows))), formats=_FORMATS)
    )


def _of_size(mib: float, file: Callable[[int], bytes]) -> bytes:
    """A file of nearly so many MiB, by the size of one with 2,000 rows."""
    return file(int(2_000 * mib * _MIB / (len(file(2_000)) - len(file(0)))))


FILES: Mapping[str, Callable[[float], bytes]] = {
    "DOCX": docx,
    "XLSX": xlsx,
    "XLSB": xlsb,
    "PDF": lambda _: pages_of_text(_PAGES),
}


def seconds_of(data: bytes) -> tuple[float, int]:
    """The processor time of reading a file, and its characters."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        start = time.process_time()
        document = read(Path(file.name), _LIMITS)
        return time.process_time() - start, len(document.text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FILES))
    parser.add_argument("--mib", type=float, default=10, help="the size of the Office files")
    options = parser.parse_args()
    seconds_of(docx(0.1))  # loads the readers
    for name in options.names or FILES:
        data = FILES[name](options.mib)
        seconds, characters = seconds_of(data)
        figure, value = f"seconds {name}", seconds
        if name == "PDF":
            figure, value = "PDF pages/s", _PAGES / seconds
        print(
            f"{figure}: {value:.1f}; {len(data) / _MIB:.1f} MiB, {characters:,} characters, "
            f"{seconds:.1f} s",
            flush=True,
        )
        report({figure: value})
    print(machine())


if __name__ == "__main__":
    main()
