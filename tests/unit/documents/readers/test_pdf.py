from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from documents.document import BlockKind
from documents.errors import CorruptDocument, DocumentTooLong, EncryptedDocument, NoTextLayer
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, PARAGRAPH, as_pdf, drawn_pdf, saved

WIDTH, HEIGHT = 595.28, 841.89


def test_every_block_has_its_page(tmp_path: Path) -> None:
    content = [(PARAGRAPH, f"This is what stands on page {page}.") for page in (1, 2, 3)]
    document = read(saved(tmp_path, as_pdf(content, breaks=True)), LIMITS)
    assert document.pages == 3
    assert [block.page for block in document.blocks] == [1, 2, 3]
    assert document.page_at(document.text.index("page 2")) == 2


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_box_is_in_points_from_the_top_left_of_the_page_as_shown(
    tmp_path: Path, rotation: int
) -> None:
    # The page is displayed upright: its own space is rotated, and the text in it.
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(100, 400, "corner")
        canvas.setPageRotation(rotation)

    (block,) = read(saved(tmp_path, drawn_pdf(draw)), LIMITS).blocks
    below, above, length = 2, 9.5, 28.9
    expected = {
        0: (100, HEIGHT - 400 - above, 100 + length, HEIGHT - 400 + below),
        90: (400 - below, 100, 400 + above, 100 + length),
        180: (WIDTH - 100 - length, 400 - below, WIDTH - 100, 400 + above),
        270: (WIDTH - 400 - above, HEIGHT - 100 - length, WIDTH - 400 + below, HEIGHT - 100),
    }[rotation]
    assert block.box == pytest.approx(expected, abs=1.5)


def test_indented_chinese_paragraphs_without_space_between_are_separate(tmp_path: Path) -> None:
    first = "各街道办事处要落实值班制度并安排专人负责值守工作，确保信息畅通，遇到紧急情况及时报告。"
    second = (
        "各单位要加强巡查，发现隐患立即处理。特此通知，请认真贯彻执行，并将情况报区防汛办公室。"
    )

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 16)
        y = 700.0
        for words in (first, second):
            lines = [words[:18], *(words[at : at + 20] for at in range(18, len(words), 20))]
            for at, line in enumerate(lines):
                canvas.drawString(80 if at else 112, y, line)
                y -= 28

    as_pdf([])  # registers the font
    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    assert document.text.split("\n\n") == [first, second]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_chinese_in_a_missing_font_is_read_horizontal_or_vertical(
    tmp_path: Path, angle: int
) -> None:
    title, end = "关于做好防汛工作的通知", "特此通知"

    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(angle)
        canvas.setFont("STSong-Light", 16)
        canvas.translate(
            # The canvas swaps the sides of a page that is rotated by a quarter.
            *{0: (0, 0), 90: (HEIGHT, 0), 180: (WIDTH, HEIGHT), 270: (0, WIDTH)}[angle]
        )
        canvas.rotate(angle)
        canvas.drawString(80, 500, title)
        for at, char in enumerate(end):  # each is an object of its own
            canvas.drawString(80 + 16 * at, 300, char)

    as_pdf([])  # registers the font
    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    assert document.text.split("\n\n") == [title, end]
    left, top, right, bottom = document.blocks[1].box or (0, 0, 0, 0)
    # Where the machine has a font for it, the box holds the ink of that font, too.
    assert (right - left, bottom - top) == pytest.approx((64, 16), abs=2)


def test_short_lines_below_each_other_stay_separate(tmp_path: Path) -> None:
    lines = ["Riverside District Office", "18 Mill Street", "Telephone on working days only"]

    def draw(canvas: Canvas) -> None:
        for at, line in enumerate(lines):
            canvas.drawString(72, 700 - 14 * at, line)

    assert read(saved(tmp_path, drawn_pdf(draw)), LIMITS).text.split("\n\n") == lines


def test_a_hyphenated_word_is_joined(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(
            72, 700, "All of these offices are to keep the telephone line of the emer-"
        )
        canvas.drawString(72, 686, "gency service open.")

    assert read(saved(tmp_path, drawn_pdf(draw)), LIMITS).text.endswith("emergency service open.")


def test_a_list_is_read_item_by_item(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for at in range(4):
            canvas.drawString(72, 700 - 14 * at, f"{at + 1}. an entry of much the same length")

    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    assert [block.kind for block in document.blocks] == [BlockKind.list_item] * 4


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for column, left in (("left", 72), ("right", 320)):
            for at in range(3):
                canvas.drawString(
                    left, 700 - 14 * at, f"The {column} column has a line {at + 1} and"
                )

    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    assert len(document.blocks) == 2
    assert document.text.index("left column has a line 3") < document.text.index("right column")


def test_a_password_is_reported(tmp_path: Path) -> None:
    data = drawn_pdf(
        lambda canvas: canvas.drawString(72, 700, "secret"), encrypt=StandardEncryption("user")
    )
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, data), LIMITS)


def test_a_pdf_that_may_be_opened_without_a_password_is_read(tmp_path: Path) -> None:
    lock = StandardEncryption("", ownerPassword="owner")
    data = drawn_pdf(lambda canvas: canvas.drawString(72, 700, "open"), encrypt=lock)
    assert read(saved(tmp_path, data), LIMITS).text == "open"


def test_pages_without_a_text_layer_ask_for_ocr(tmp_path: Path) -> None:
    data = drawn_pdf(lambda canvas: canvas.rect(72, 600, 300, 100, fill=1))
    with pytest.raises(NoTextLayer, match="OCR"):
        read(saved(tmp_path, data), LIMITS)


def test_a_truncated_pdf_is_corrupt(tmp_path: Path) -> None:
    for data in (b"%PDF-1.7\n", as_pdf()[:2_000], b"%PDF-1.7\n" + bytes(5_000)):
        with pytest.raises(CorruptDocument):
            read(saved(tmp_path, data), LIMITS)


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for _ in range(5):
            canvas.showPage()

    with pytest.raises(DocumentTooLong, match="5 pages and 4 are allowed"):
        read(saved(tmp_path, drawn_pdf(draw)), ReadLimits(max_chars=1_000, max_pages=4))
