"""A font's map that contradicts its glyphs: both texts are listed, and the page is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.inventory.entry import Entry, EntryKind, Unread
from documents.inventory.pdf.drawn import agrees
from documents.inventory.pdf.glyph_names import text_of_glyph
from documents.inventory.pdf.programs import program_of
from documents.inventory.walk import inventory
from documents.readers import pdf
from standin.documents.builders import CONTENT, LIMITS, as_pdf, saved
from standin.documents.wrong_maps import WRONG_MAPS, as_copied, cff, sfnt

DIGITS = "13812341234"
SAMPLES = sorted((Path(__file__).parents[4] / "samples").rglob("*.pdf"))


def entries(folder: Path, data: bytes) -> list[Entry]:
    return list(inventory(saved(folder, data), pdf.MEDIA_TYPE, LIMITS))


@pytest.mark.parametrize("kind", WRONG_MAPS)
def test_what_the_glyphs_say_is_listed_beside_the_map(tmp_path: Path, kind: str) -> None:
    found = entries(tmp_path, WRONG_MAPS[kind](DIGITS))
    texts = "\n".join(one.text for one in found if one.kind is EntryKind.shown)
    assert DIGITS in texts
    assert as_copied(DIGITS) in texts
    unread = [(one.where, one.reason) for one in found if one.kind is EntryKind.unread]
    assert ("page 1", Unread.contradicted_text) in unread


def test_an_ordinary_file_has_no_contradiction(tmp_path: Path) -> None:
    assert not [one for one in entries(tmp_path, as_pdf(CONTENT)) if one.kind is EntryKind.unread]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("fi", "\ufb01"), ("\u2f00", "\u4e00"), ("\u2ed4", "\u95e8"), ("\uff21", "A"), ("a", "A"),
        ("\u00a0", " "), ("\u00ad", "-"), ("\u2212", "-"), ("\u2022", "\u00b7"), ("\u201c", '"'),
        ("\u2126", "\u03a9"), ("\t", " "),
    ],
)  # fmt: skip
def test_other_codes_of_the_same_shape_agree(text: str, drawn: str) -> None:
    assert agrees(text, [drawn])


@pytest.mark.parametrize(
    ("text", "drawn"), [("a", "1"), ("1", "2"), ("x", "-"), ("\u00a7", "-"), (" ", "1"), ("1", " ")]
)
def test_another_character_contradicts(text: str, drawn: str) -> None:
    assert not agrees(text, [drawn])


@pytest.mark.parametrize(
    ("name", "text"),
    [("/f_i", "fi"), ("/one.oldstyle", "1"), ("/uni4E00", "一"), ("/A", "A"), ("/g12", "\ufffd"),
     ("/.notdef", "\ufffd"), ("/period", "."), ("/.", ".")],
)  # fmt: skip
def test_names_of_glyphs_are_read(name: str, text: str) -> None:
    assert text_of_glyph(name) == text


@pytest.mark.parametrize("whole", [cff(), sfnt({b"CFF ": cff()})])
def test_a_damaged_program_says_nothing_or_less(whole: bytes) -> None:
    names = dict(program_of(whole).names)
    assert names[1] == "0"
    for length in range(len(whole)):
        assert program_of(whole[:length]).names.items() <= names.items()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: "/".join(path.parts[-2:]))
def test_samples_have_no_contradiction(sample: Path) -> None:
    reasons = [one.reason for one in inventory(sample, pdf.MEDIA_TYPE, LIMITS)]
    assert Unread.contradicted_text not in reasons
