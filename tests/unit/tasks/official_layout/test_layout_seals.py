"""A seal names the issuing authority; what is not known of a seal is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from documents.document import Seal
from standin.direct_source import read_with_source
from standin.scripted_engine import ScriptedEngine
from tasks.format_check import FormatCheckOptions, FormatCheckResult, format_check
from tasks.format_fix import FormatFixOptions, format_fix
from tests.unit.tasks.official_layout.official_letter import (
    LIMITS,
    SIGNATURE,
    broken,
    letter,
    saved,
)

ENGINE = ScriptedEngine(lambda _: AssertionError("no model is asked"))
SIGNED = letter().paragraphs[SIGNATURE].text.strip()
OTHER = Seal("round", "青溪乡卫生院", confidence=0.97)
PLACE = (
    "the place of the seal over the issuing authority and the date, which a Word file does not "
    "store"
)


@pytest.mark.parametrize(
    ("signature", "seal", "is_right"),
    [
        ("平山县人民政府", "平山县人民政府", True),
        ("平山县人民政府", "平山县人民政府\n3601230012345", True),
        ("平山县人民政府", "平山县\n人民政府", True),
        ("中共平山县委", "中国共产党平山县委员会", True),
        ("平山县财政局 平山县民政局", "平山县民政局", True),
        ("平山县人民政府", "平山县人民医院", False),
        ("平山县人民政府办公室", "平山县人民政府", False),
        ("平山县人民政府", "府政民人县山平", False),
    ],
)
def test_a_seal_has_the_name_of_the_signature(signature: str, seal: str, *, is_right: bool) -> None:
    document = letter()
    document.paragraphs[SIGNATURE].runs[0].text = signature
    found = [rule for rule, _ in broken(document, seals=[seal])]
    assert found == ([] if is_right else ["seal.issuer"])


def test_one_of_several_seals_with_the_name_is_enough() -> None:
    assert broken(letter(), seals=["青溪乡卫生院", SIGNED]) == []
    assert broken(letter(), seals=["青溪乡卫生院"]) == [("seal.issuer", SIGNATURE)]


async def checked(folder: Path, *seals: Seal) -> FormatCheckResult:
    document, _ = read_with_source(saved(letter(), folder), LIMITS)
    return await format_check(replace(document, seals=seals), FormatCheckOptions(), ENGINE)


async def test_seals_are_compared_and_listed(tmp_path: Path) -> None:
    result = await checked(tmp_path, OTHER)
    (finding,) = result.findings
    assert (finding.rule, finding.found, finding.fixable) == ("seal.issuer", "青溪乡卫生院", False)
    assert [one.text for one in result.seals] == ["青溪乡卫生院"]
    assert result.not_checked == [PLACE]


async def test_a_black_seal_is_named_and_not_compared(tmp_path: Path) -> None:
    result = await checked(tmp_path, replace(OTHER, hides_text=True))
    assert result.findings == []
    assert [one.text for one in result.seals] == ["青溪乡卫生院"]
    assert len(result.not_checked) == 2


async def test_a_doubtful_seal_is_named_and_not_compared(tmp_path: Path) -> None:
    result = await checked(tmp_path, replace(OTHER, confidence=0.8))
    assert result.findings == []
    assert result.not_checked == [
        PLACE,
        "the issuing authority in seals that were not read with confidence: 1",
    ]


async def test_nothing_is_said_of_seals_where_there_is_none(tmp_path: Path) -> None:
    result = await checked(tmp_path)
    assert (result.findings, result.seals, result.not_checked) == ([], [], [])


async def test_the_seal_of_another_is_left_for_a_person(tmp_path: Path) -> None:
    document, _ = read_with_source(saved(letter(), tmp_path), LIMITS)
    result = await format_fix(replace(document, seals=(OTHER,)), FormatFixOptions(), ENGINE)
    assert [one.rule for one in result.left] == ["seal.issuer"]
