"""What a seal says counts like the text, and a seal that was not read is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from documents.document import Seal
from standin.scripted_engine import ScriptedEngine
from tasks.disclosure_review import DisclosureOptions, DisclosureResult, disclosure_review
from tests.unit.tasks.documents import document

BOX = (300.0, 600.0, 420.0, 720.0)
SEAL = Seal("round", "平山镇人民政府\n阳光工程专用章", 2, BOX, 0.97)
ELECTRONIC = Seal("electronic", "平山镇人民政府, 张某某", 1, BOX, digest_holds=True)


async def review(*seals: Seal, text: str = "关于某事的通知", **options: Any) -> DisclosureResult:
    sealed = replace(document(text), seals=seals)
    given = DisclosureOptions.model_validate(options)
    return await disclosure_review(sealed, given, ScriptedEngine(lambda _: {}))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("平山镇人民政府\n阳光工程专用章", "term", "阳光工程"),
        ("服务热线\n13812341234", "personal_data", "138****1234"),
        ("平山镇人民政府\n机密★1年", "secrecy_marking", "机密★1年"),
        ("平山镇人民政府\n内部资料", "internal_wording", "内部资料"),
        ("平山镇人民政府\n不予公开", "disclosure_attribute", "不予公开"),
    ],
)
async def test_a_reason_in_a_seal_has_the_place_of_the_seal(
    text: str, kind: str, words: str
) -> None:
    first = Seal("oval", "平山镇财政所", 1, None, 0.99)
    result = await review(first, replace(SEAL, text=text), terms=["阳光工程"])
    (reason,) = result.reasons
    assert (reason.kind, reason.words) == (kind, words)
    assert (reason.start, reason.page, reason.box, reason.where) == (None, 2, BOX, "round seal")
    assert (result.publishable, result.counts) == (False, {kind: 1})


async def test_the_signer_of_an_electronic_seal_counts() -> None:
    (reason,) = (await review(ELECTRONIC, terms=["张某某"])).reasons
    assert (reason.words, reason.where) == ("张某某", "electronic seal")


async def test_a_seal_that_was_read_and_has_no_reason_may_be_published() -> None:
    result = await review(SEAL, ELECTRONIC, terms=["月光工程"])
    assert (result.publishable, result.reasons, result.not_covered) == (True, [], [])


@pytest.mark.parametrize(
    "seal",
    [
        replace(SEAL, text="", confidence=None),
        replace(SEAL, hides_text=True),
        replace(SEAL, confidence=0.84),
        replace(ELECTRONIC, text="", page=2),
    ],
)
async def test_a_seal_that_was_not_read_with_confidence_is_not_covered(seal: Seal) -> None:
    result = await review(seal, seal)
    assert result.not_covered == ["seal that was not read with confidence: page 2"]
    assert (result.publishable, result.reasons) == (False, [])


async def test_the_seals_are_in_the_result_without_what_must_not_be_published() -> None:
    seal = replace(SEAL, text="服务热线\n13812341234")
    (listed,) = (await review(seal)).seals
    assert listed.text == "服务热线\n138****1234"
    assert (listed.shape, listed.page, listed.box, listed.confidence) == ("round", 2, BOX, 0.97)


async def test_a_marking_in_the_text_and_one_in_a_seal_are_two_reasons() -> None:
    result = await review(replace(SEAL, text="绝密★5年"), text="秘密★1年")
    assert [(one.words, one.where) for one in result.reasons] == [
        ("绝密★5年", "round seal"),
        ("秘密★1年", None),
    ]
