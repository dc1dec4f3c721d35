"""Files of the newer readers: Outlook messages, mailboxes, ZIP files, presentations, XLSB."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence

from standin.documents.compound_builder import Tree, attachment, compound, message
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
from tests.hostile.inputs.files import (
    MIB,
    _docx,
    docx_one_gigabyte,
    xlsx_far_cell,
)
from tests.hostile.sender import Input, document

NAME = "__substg1.0_3001001F"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def _zip(files: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return out.getvalue()


def msg_long_subject() -> bytes:
    return compound(message("水 water " * 300_000, "a"))


def msg_of_recipients(count: int, last: str) -> bytes:
    """A message with so many recipients; the name of the last one is `last`."""
    names = [*(f"name {at}" for at in range(count - 1)), last]
    others: Tree = {
        f"__recip_version1.0_#{at:08X}": {
            "__properties_version1.0": bytes(8) + struct.pack("<HHIQ", 3, 0x0C15, 6, 1),
            NAME: name.encode("utf-16-le"),
        }
        for at, name in enumerate(names, start=1)
    }
    return compound(message("a", "b", others=others))


def msg_many_recipients() -> bytes:
    return msg_of_recipients(10_000, "a")


def msg_shared_stream(recipients: int = 3_000, letters: int = 2 * MIB) -> bytes:
    """A message whose recipients' names are one stream."""
    data = bytearray(msg_of_recipients(recipients, "n" * letters))
    entries = [match.start() for match in re.finditer(NAME.encode("utf-16-le"), data)]
    # The first sector and the size of a stream.
    places = [data[at + 116 : at + 124] for at in entries]
    longest = max(places, key=lambda place: struct.unpack_from("<I", place, 4))
    for at in entries:
        data[at + 116 : at + 124] = longest
    return bytes(data)


def msg_in_msg() -> bytes:
    inner: Tree = message("a", "b", inner=True)
    for _ in range(60):
        inner = message("a", "b", [{"__substg1.0_3701000D": inner}], inner=True)
    return compound(message("a", "b", [{"__substg1.0_3701000D": inner}]))


def msg_of_bombs() -> bytes:
    bomb = docx_one_gigabyte()
    return compound(message("a", "b", [attachment(f"{at}.docx", bomb) for at in range(20)]))


def msg_damaged_chain() -> bytes:
    """Every chain of sectors goes back to its start."""
    data = bytearray(compound(message("a", "b" * 9_000, [attachment("a.txt", b"x" * 900_000)])))
    last = len(data) // 512 - 16
    for sector in range(last, len(data) // 512):
        at = sector * 512
        for slot in range(0, 512, 4):
            if data[at + slot + 3] == 0:
                data[at + slot : at + slot + 4] = struct.pack("<I", 0)
    return bytes(data)


def mbox_of_mails() -> bytes:
    return b"From a Thu Jan  1 00:00:00 1970\nSubject: a\n\nwords\n\n" * 300_000


def mbox_of_lines() -> bytes:
    return b"From a Thu Jan  1 00:00:00 1970\nSubject: a\n\n" + b"From a b\nFrom\n\n" * 1_000_000


def zip_of_bombs() -> bytes:
    bomb = docx_one_gigabyte()
    return _zip([(f"{at}.docx", bomb) for at in range(90)])


def zip_of_workbooks() -> bytes:
    book = xlsx_far_cell()
    return _zip([(f"{at}.xlsx", book) for at in range(99)])


def zip_nested() -> bytes:
    """Each ZIP file has a hundred of the next, to a depth of six."""
    content = _docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>")
    for _ in range(6):
        content = _zip([(f"{at}.zip", content) for at in range(99)])
        if len(content) > 8 * MIB:
            break
    return content


def zip_paths() -> bytes:
    names = ["../" * 300 + "etc/passwd", "/etc/passwd", "C:\\a.txt", "a/../../b.txt", "..", "A.TXT"]
    return _zip([*((name, b"words") for name in names), ("a.txt", b"other"), ("a.txt", b"twin")])


def pptx_of_layouts() -> bytes:
    """Nine hundred slides with one layout of 2 MB."""
    layout = "".join(shape(f"words {at}") for at in range(6_000))
    name = "ppt/slideLayouts/layout1.xml"
    return presentation(
        [shape("a")] * 900,
        relations_of={at: [("l", "slideLayout", name)] for at in range(1, 901)},
        parts={name: slide(layout, name="sldLayout")},
    )


def pptx_of_groups() -> bytes:
    return presentation(["<p:grpSp>" * 240 + shape("a") + "</p:grpSp>" * 240] * 200)


def _chart(series: str) -> bytes:
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr/><a:graphic><a:graphicData><c:chart xmlns:c="'
        f'{CHART}" r:id="c"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    return presentation(
        [shape("a") + frame],
        relations_of={1: [("c", "chart", "ppt/charts/chart1.xml")]},
        parts={
            "ppt/charts/chart1.xml": f'<c:chartSpace xmlns:c="{CHART}"><c:chart>{series}</c:chart>'
            "</c:chartSpace>"
        },
    )


def _series(points: str, form: str = "General") -> str:
    cache = f"<c:numCache><c:formatCode>{form}</c:formatCode>{points}</c:numCache>"
    return f"<c:ser><c:val><c:numRef>{cache}</c:numRef></c:val></c:ser>"


def pptx_chart_far() -> bytes:
    point = '<c:pt idx="{}"><c:v>1</c:v></c:pt>'
    return _chart("".join(_series(point.format(at)) for at in range(60_000)))


def pptx_chart_formats() -> bytes:
    points = "".join(
        f'<c:pt idx="{at}" formatCode="0.0&quot;{at}&quot;"><c:v>1e300</c:v></c:pt>'
        for at in range(200_000)
    )
    return _chart(_series(points))


def xlsb_far_cell() -> bytes:
    cell = binary_cell(6, 16_383, wide("a"))
    return binary_workbook_of(b"".join(binary_row(at) + cell for at in range(0, 1_048_576, 50)))


def xlsb_merged() -> bytes:
    merge = record(176, struct.pack("<IIII", 0, 1_048_575, 0, 16_383))
    rows = binary_row(0) + binary_cell(6, 0, wide("a"))
    return binary_workbook_of(rows, after=merge * 400_000)


def xlsb_shared_string() -> bytes:
    cell = b"".join(binary_cell(7, at, struct.pack("<I", 0)) for at in range(100))
    rows = b"".join(binary_row(at) + cell for at in range(3_000))
    return binary_workbook_of(rows, strings=["words " * 100_000])


def xlsb_of_empty_records() -> bytes:
    return binary_workbook_of(record(1) * 20_000_000)


def xlsb_columns() -> bytes:
    columns = record(60, struct.pack("<IIIIH", 0, 0xFFFFFFFF, 2048, 0, 1))
    return binary_workbook_of(binary_row(0) + binary_cell(6, 0, wide("a")), before=columns * 99_999)


FILES: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
    ("MSG of a long subject", "a.msg", msg_long_subject),
    ("MSG of 10,000 recipients", "a.msg", msg_many_recipients),
    ("MSG of one stream 3,000 times", "a.msg", msg_shared_stream),
    ("MSG of 60 messages in messages", "a.msg", msg_in_msg),
    ("MSG of 20 DOCX of 300 MiB", "a.msg", msg_of_bombs),
    ("MSG of chains without end", "a.msg", msg_damaged_chain),
    ("mailbox of 300,000 mails", "a.mbox", mbox_of_mails),
    ("mailbox of 2,000,000 lines", "a.mbox", mbox_of_lines),
    ("ZIP of 90 DOCX of 300 MiB", "a.zip", zip_of_bombs),
    ("ZIP of 99 workbooks", "a.zip", zip_of_workbooks),
    ("ZIP of ZIP files", "a.zip", zip_nested),
    ("ZIP of paths and twins", "a.zip", zip_paths),
    ("PPTX of 900 slides of one layout", "a.pptx", pptx_of_layouts),
    ("PPTX of groups in groups", "a.pptx", pptx_of_groups),
    ("PPTX of a chart of 60,000 series", "a.pptx", pptx_chart_far),
    ("PPTX of a chart of 200,000 formats", "a.pptx", pptx_chart_formats),
    ("XLSB with cells far apart", "a.xlsb", xlsb_far_cell),
    ("XLSB of 400,000 merged areas", "a.xlsb", xlsb_merged),
    ("XLSB of a string used 300,000 times", "a.xlsb", xlsb_shared_string),
    ("XLSB of 20,000,000 empty records", "a.xlsb", xlsb_of_empty_records),
    ("XLSB of 99,999 hidden columns", "a.xlsb", xlsb_columns),
)
INPUTS: tuple[Input, ...] = tuple(
    document(f"file: {name}", filename, content) for name, filename, content in FILES
)
