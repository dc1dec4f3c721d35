"""Checking citations of laws against a library."""

from __future__ import annotations

import random
from datetime import date

import pytest
from pydantic import ValidationError

from bench.quality import cite_check as bench
from bench.quality.laws import of_text
from documents.errors import DocumentMissing
from standin.scripted_engine import ScriptedEngine
from tasks.cite_check import (
    CitationCheck,
    CiteCheckOptions,
    Verdict,
    check_citations,
    cite_check,
    laws_of,
)
from tasks.cite_check.library import Law, LawText
from tasks.cite_check.quotations import Work, contains_quotation, plain_words

RULES = """市场管理办法
（2020年1月1日市人民政府公布）
第一条 市场每日开放。
第二条 摊主应当遵守下列规定：
（一）保持清洁；
（二）明码标价。
违反前款规定的，责令改正。
第三条 市场内“禁止吸烟”。
第三条之一 市场内禁止饲养家禽。"""
OLDER = RULES.replace("2020年", "2015年").replace("每日", "每周一至周五")

MISSING = "no-such-article"
DIFFERS = "quotation-differs"
UNCOMPARED = "words-not-compared"
OPEN = "《市场管理办法》第一条规定：“市场每日开放。”"


def check(text: str, *laws: str, **options: object) -> list[CitationCheck]:
    given = laws or (OLDER, RULES)
    taken = CiteCheckOptions.model_validate({"laws": [{"text": law} for law in given], **options})
    for reference in taken.laws:
        reference.give(of_text(reference.text or ""))
    found = check_citations(of_text(text), laws_of(taken), taken.short_names).citations
    for one in found:
        assert of_text(text).text[one.start : one.end] == one.text
    return found


def verdicts(text: str) -> list[tuple[str | None, str]]:
    return [(one.provision, one.verdict.value) for one in check(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("依据《市场管理办法》第一条。", [("第一条", "ok")]),
        ("依据《市场管理办法》。", [(None, "ok")]),
        ("依据市场管理办法第3条。", [("第三条", "ok")]),
        ("依据《市场管理办法》第三条之一。", [("第三条之一", "ok")]),
        ("依据《市场管理办法》第三条之二。", [("第三条之二", "no-such-article")]),
        ("《市场管理办法》第二条第一款第（二）项", [("第二条第一款第（二）项", "ok")]),
        ("《市场管理办法》第二条第二项", [("第二条第（二）项", "ok")]),
        ("《市场管理办法》第二条第三项", [("第二条第（三）项", "no-such-article")]),
        ("《市场管理办法》第二条第三款", [("第二条第三款", "no-such-article")]),
        (
            "《市场管理办法》第二条第一款、第二款和第四条",
            [("第二条第一款", "ok"), ("第二条第二款", "ok"), ("第四条", "no-such-article")],
        ),
        (
            "《市场管理办法》第一条。该办法第九条。",
            [("第一条", "ok"), ("第九条", "no-such-article")],
        ),
        ("《市场管理办法》（2015年公布）第一条", [("第一条", "superseded")]),
        ("《市场管理办法》（2017年公布）第一条", [("第一条", "unknown-law")]),
        ("《市场管理办法》（2020年2月1日施行）第一条", [("第一条", "ok")]),
        ("《市场管里办法》第一条", [("第一条", "unknown-law")]),
        ("《人民日报》和《红楼梦》都不是法律。", []),
        ("本办法第九条另有规定。", []),
        ("《市场管理办法》第一条规定：“市场每日开放”。", [("第一条", "ok")]),
        ("《市场管理办法》第一条规定，“市场每周一至周五开放”。", [("第一条", "superseded")]),
        ("《市场管理办法》第一条规定：“市场每月开放”。", [("第一条", "quotation-differs")]),
        ("“市场每月开放”（《市场管理办法》第一条）", [("第一条", "quotation-differs")]),
        ("《市场管理办法》第二条规定：“摊主应当……明码标价。”", [("第二条", "ok")]),
        ("《市场管理办法》第三条规定：“市场内‘禁止吸烟’。”", [("第三条", "ok")]),
        (
            "《市场管理办法》第一条、第三条规定：“市场每日开放。”",
            [("第一条", "ok"), ("第三条", "ok")],
        ),
        ("《市场管理办法》第一条规定，“摊位”按日出租", [("第一条", UNCOMPARED)]),
    ],
)
def test_each_citation_gets_its_verdict(text: str, found: list[tuple[str | None, str]]) -> None:
    assert verdicts(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(
            (f"《市场管理办法》第一条{dash}第九条", [("第一条", "ok"), ("第九条", MISSING)])
            for dash in ("—", "——", "－", "～", "-", " – ", "至")
        ),
        (
            "《市场管理办法》第一、二、九十九条。",
            [("第一条", "ok"), ("第二条", "ok"), ("第九十九条", MISSING)],
        ),
        ("《市场管理办法》第1-9条", [("第一条", "ok"), ("第九条", MISSING)]),
        (
            "《市场管理办法》第一条、九条、第九十九条",
            [("第一条", "ok"), ("第九条", MISSING), ("第九十九条", MISSING)],
        ),
        ("《市场管理办法》第二条第一、九款", [("第二条第一款", "ok"), ("第二条第九款", MISSING)]),
        ("《市场管理办法》第一条和五项措施", [("第一条", "ok")]),
        ("《市场管理办法》第 九十九 条", [("第九十九条", MISSING)]),
        ("依据市场管理办法第 九十九 条", [("第九十九条", MISSING)]),
        ("《市场管理办法》 第九十九条", [("第九十九条", MISSING)]),
        ("依据《市场管理办法》\n第九十九条", [("第九十九条", MISSING)]),
        ("依据《市场管理办法》\n第九十九条规定", [("第九十九条", MISSING)]),
        ("关于《市场管理办法》\n第九十九条 另有规定", [(None, "ok")]),
        (
            "《市场管理办法》第二条第一款(一)、(九)项",
            [("第二条第一款第（一）项", "ok"), ("第二条第一款第（九）项", MISSING)],
        ),
        (
            "《市场管理办法》第二条第（一）、（九）项和第九条",
            [("第二条第（一）项", "ok"), ("第二条第（九）项", MISSING), ("第九条", MISSING)],
        ),
        ("《市场管理办法》第一条，（一）认真学习", [("第一条", "ok")]),
        ("〈市场管理办法〉第九条", [("第九条", MISSING)]),
        ("<<市场管理办法>>第九条", [("第九条", MISSING)]),
        ("‹市场管理办法›第九条", [("第九条", MISSING)]),
    ],
)
def test_every_part_of_a_citation_is_checked(
    text: str, found: list[tuple[str | None, str]]
) -> None:
    assert verdicts(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{OPEN}；第三条规定：“市场内可以吸烟。”", [("第一条", "ok"), ("第三条", DIFFERS)]),
        (f"{OPEN}第三条规定：“市场内可以吸烟。”", [("第一条", "ok"), ("第三条", DIFFERS)]),
        (f"{OPEN}。\n\n第九条规定：“关门。”", [("第一条", "ok"), ("第九条", MISSING)]),
        (f"{OPEN}同时，其第九条要求关门。", [("第一条", "ok"), ("第九条", MISSING)]),
        (
            "《市场管理办法》第二条第一款规定：“摊主应当遵守下列规定”，第二款规定：“责令关门。”",
            [("第二条第一款", "ok"), ("第二条第二款", DIFFERS)],
        ),
        ("依据《市场管理办法》第一条，并根据第九条处理。", [("第一条", "ok"), ("第九条", MISSING)]),
        ("依据《市场管理办法》第一条，制定本办法。\n第九条 本办法施行。", [("第一条", "ok")]),
        ("依据《市场管理办法》第一条，本合同第九条无效。", [("第一条", "ok")]),
        ("依据《市场管理办法》第一条，制定本办法。第九条无效。", [("第一条", "ok")]),
        ("依据《市场管理办法》，制定本合同，第九条无效。", [(None, "ok")]),
    ],
)
def test_provisions_without_a_name_are_of_the_last_law(
    text: str, found: list[tuple[str | None, str]]
) -> None:
    assert verdicts(text) == found


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ("规定市场每周一开放。", UNCOMPARED),
        ("也规定，市场每周一开放。", UNCOMPARED),
        ("：市场每周一开放。", UNCOMPARED),
        ("明确要求市场每周一开放。", UNCOMPARED),
        ("关于每周一开放的规定", UNCOMPARED),
        ("的规定", "ok"),
        ("规定的权利", "ok"),
        ("，市场", "ok"),
    ],
)
def test_words_without_quotation_marks_are_not_compared(after: str, verdict: str) -> None:
    assert verdicts(f"《市场管理办法》第一条{after}") == [("第一条", verdict)]


def test_a_provision_that_is_a_basis_states_nothing() -> None:
    assert verdicts("依照《市场管理办法》第一条、第三条规定处理") == [
        ("第一条", "ok"),
        ("第三条", "ok"),
    ]


def test_a_law_in_markdown_has_a_title_and_articles() -> None:
    law = (
        "# 中华人民共和国市场法\n\n## 第一章 总则\n\n第一条 市场每日开放。\n\n"
        "## 第二章 附则\n\n### 第二条 施行。"
    )
    one, other, third = check("《市场法》第一条第二款、第二条、第九条", law)
    assert one.law == "中华人民共和国市场法"
    assert [each.verdict.value for each in (one, other, third)] == [MISSING, "ok", MISSING]


def test_a_wrong_quotation_has_edits_and_the_right_provision() -> None:
    (one,) = check("《市场管理办法》第一条规定：“市场内禁止饲养鸽子。”")
    assert one.expected is not None
    (one,) = check("《市场管理办法》第三条之一规定：“市场内禁止饲养鸽子。”")
    assert [(edit.old, edit.new) for edit in one.edits] == [("鸽子", "家禽")]
    (one,) = check("《市场管理办法》第一条规定：“市场内禁止饲养家禽。”")
    assert (one.verdict, one.suggestion) == (Verdict.quotation_differs, "第三条之一")


def test_a_misspelt_name_gets_a_suggestion() -> None:
    (one,) = check("《市场管里办法》第一条")
    assert (one.law, one.suggestion) == (None, "市场管理办法")


def test_short_names_from_the_text_are_used() -> None:
    text = "《市场管理办法》（以下简称《办法》）第一条。依照《办法》第九条处理。"
    assert verdicts(text) == [("第一条", "ok"), ("第九条", "no-such-article")]


def test_short_names_from_the_options_are_used() -> None:
    given = {"市管办法": "市场管理办法"}
    (one,) = check("依照《市管办法》第九条处理。", short_names=given)
    assert one.verdict is Verdict.no_such_article


def test_the_version_is_the_date_before_the_first_article() -> None:
    texts = [LawText(of_text(RULES)), LawText(of_text(OLDER))]
    laws = check_citations(of_text("《市场管理办法》"), texts, {}).laws
    assert [(law.version, law.current) for law in laws] == [
        (date(2015, 1, 1), False),
        (date(2020, 1, 1), True),
    ]


def test_a_law_without_a_date_has_that_of_its_filename() -> None:
    bare = of_text("市场管理办法（修订）\n第一条 市场每日开放。")
    law = Law(LawText(bare, "市场管理办法(2021-03-04).txt"))
    assert (law.title, law.version) == ("市场管理办法", date(2021, 3, 4))


@pytest.mark.parametrize("name", list(bench.MUTATIONS))
def test_mutated_citations_of_real_laws_are_found(name: str) -> None:
    draw, documents = random.Random(name), bench.library()
    mutate, verdict = bench.MUTATIONS[name]
    for _ in range(10):
        cited = mutate(draw)
        assert bench.verdicts(cited, documents) == [verdict], cited.text


def test_correct_citations_of_real_laws_are_accepted() -> None:
    draw, documents = random.Random(1), bench.library()
    for _ in range(20):
        cited = bench.correct(draw)
        assert bench.verdicts(cited, documents) == [Verdict.ok], cited.text


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("责令改正。", True),
        ("责令改正", True),
        ("责令改", True),
        ("责令改。", False),
        ("保持清洁；（二）明码", True),
        ("明码标价……保持清洁", False),
    ],
)
def test_a_quotation_may_end_early_but_not_within_a_clause(quote: str, *, stands: bool) -> None:
    assert contains_quotation(plain_words(RULES), quote, Work()) is stands


async def test_a_library_and_laws_can_be_combined_and_no_model_is_asked() -> None:
    options = CiteCheckOptions.model_validate({"library": "laws", "laws": [{"text": RULES}]})
    engine = ScriptedEngine(lambda _: "")
    with pytest.raises(DocumentMissing):
        await cite_check(of_text("《市场管理办法》第九条"), options, engine)
    assert options.library is not None
    options.library.give([of_text(OLDER)])
    options.laws[0].give(of_text(RULES))
    result = await cite_check(of_text("《市场管理办法》第九条"), options, engine)
    assert result.counts[Verdict.no_such_article] == 1
    assert len(result.laws) == 2
    assert engine.requests == []


@pytest.mark.parametrize(
    "options", [{}, {"library": "Laws"}, {"library": "a/b"}, {"laws": [{}]}, {"library": None}]
)
def test_options_need_a_library_or_laws(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CiteCheckOptions.model_validate(options)
