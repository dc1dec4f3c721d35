"""Write the project's own samples, the same bytes each time.

Run with `python tests/samples/make.py`.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate

HERE = Path(__file__).parent
WRITTEN_AT = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 (the format has no time zones)

LETTER = "business-licence.docx"
NOTICE = "water-notice.pdf"
MESSAGE = "hotline-message.txt"

LETTER_WORDS = (
    "To the Business Registration Office of Riverside District:",
    "We apply for a business licence for the company named below, which will run a bakery with "
    "a shop at 18 Mill Street. The premises passed the fire inspection on 12 February 2026.",
    "The articles of association, the lease of the premises and proof that the fee has been paid "
    "are enclosed. Please send your decision to the address of the company within twenty "
    "working days.",
)
LETTER_TABLE = (
    ("Field", "Entry"),
    ("Company", "Golden Wheat Bakery Limited"),
    ("Registration number", "RD-2026-004817"),
    ("Date of application", "2 March 2026"),
    ("Application fee", "450.00 yuan"),
    ("Registered capital", "300,000 yuan"),
)

NOTICE_PAGES = (
    (
        "Notice of an Interruption of the Water Supply",
        "The Riverside Water Company will renew the main pipe below Canal Road. For this work the "
        "water supply of the streets named here will be interrupted from 22:00 on Friday, 17 April "
        "2026, until 06:00 on Saturday, 18 April 2026.",
        "Canal Road, Mill Street and Station Square will have no water during this time. Houses in "
        "Garden Lane will have water at low pressure. About 3,200 households are affected.",
        "Please store the water that you need before the work begins. Close all taps, and switch "
        "off water heaters, so that nothing is damaged when the supply returns.",
    ),
    (
        "Help During the Interruption",
        "Two tank lorries will give out drinking water free of charge at Station Square and in "
        "front of the school in Mill Street from 20:00 until the supply is back. Please bring your "
        "own containers. Residents who cannot leave their homes may ask for delivery.",
        "The water may be cloudy at first. Let it run for five minutes before you drink it. If it "
        "is still cloudy after noon on Saturday, report it to the company's service desk.",
        "We ask for your understanding. The new pipe will carry a third more water and is expected "
        "to last for fifty years.",
    ),
)  # fmt: skip

MESSAGE_WORDS = """\
市民热线来件
来件时间：2026年3月9日 8时15分
来件类别：城市管理
我住在滨河小区，小区东门外的建设路上有三盏路灯，从上周三晚上起一直不亮。
这条路是附近学校学生晚自习后回家的必经之路，路面又有两处坑洼，晚上看不清，已经有人骑车摔倒。
上周五我向物业反映过，物业说路灯归市政部门管理，让我打热线电话。
希望有关部门尽快派人修好路灯，把坑洼填平，并告诉我们大概什么时候能够修好。
如果一时修不好，请先在坑洼处放置警示标志。谢谢。
"""


def main() -> None:
    (HERE / LETTER).write_bytes(letter())
    (HERE / NOTICE).write_bytes(notice())
    (HERE / MESSAGE).write_bytes(MESSAGE_WORDS.encode("gb18030"))


def letter() -> bytes:
    document = Document()
    document.core_properties.author = "Chancery samples"
    document.core_properties.created = WRITTEN_AT
    document.core_properties.modified = WRITTEN_AT
    document.add_heading("Application for a Business Licence", level=1)
    for words in LETTER_WORDS[:-1]:
        document.add_paragraph(words)
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for entries in LETTER_TABLE:
        for cell, entry in zip(table.add_row().cells, entries, strict=True):
            cell.text = entry
    document.add_paragraph(LETTER_WORDS[-1])
    written = io.BytesIO()
    document.save(written)
    return _undated(written)


def _undated(written: io.BytesIO) -> bytes:
    """The same container with a fixed time for each member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, WRITTEN_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def notice() -> bytes:
    styles = getSampleStyleSheet()
    story: list[Flowable] = []
    for heading, *paragraphs in NOTICE_PAGES:
        story += [PageBreak()] if story else []
        story.append(Paragraph(heading, styles["Heading1"]))
        story += [Paragraph(words, styles["BodyText"]) for words in paragraphs]
    written = io.BytesIO()
    # `invariant` omits time and random identifier; zlib versions compress differently.
    SimpleDocTemplate(
        written,
        pagesize=A4,
        invariant=1,
        pageCompression=0,
        title=NOTICE_PAGES[0][0],
        author="Chancery samples",
    ).build(story)
    return written.getvalue()


if __name__ == "__main__":
    main()
