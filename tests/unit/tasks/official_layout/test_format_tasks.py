"""The tasks `format_check` and `format_fix`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as Letter
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from pydantic import ValidationError

from bench.quality.layout import broken_cases, correct_cases, score, score_fixes
from bench.quality.layout_mutations import MUTATIONS
from deploy.layout_rules import table
from documents.errors import CorruptDocument, UnsupportedDocument
from documents.read import read
from standin.direct_source import read_with_source
from standin.documents.builders import FORMATS, docx_with
from standin.scripted_engine import ScriptedEngine
from tasks.format_check import FormatCheckOptions, format_check
from tasks.format_fix import FormatFixOptions, format_fix
from tasks.official_layout.rules import RULES
from tasks.official_layout.work import check, fix
from tests.unit.tasks.documents import document as given_document
from tests.unit.tasks.official_layout.official_letter import (
    DATE,
    FIRST,
    LIMITS,
    OPENING,
    PLAIN,
    RECIPIENT,
    SECOND,
    TITLE,
    broken,
    corrected,
    letter,
    saved,
    set_font,
)

ENGINE = ScriptedEngine(lambda _: AssertionError("no model is asked"))


def spoilt() -> Letter:
    """A letter with many breaches."""
    document = letter()
    document.sections[0].top_margin = Mm(25)
    document.paragraphs[TITLE].alignment = WD_ALIGN_PARAGRAPH.LEFT
    document.paragraphs[RECIPIENT].runs[0].text = "江南省人民政府:"
    set_font(document.paragraphs[FIRST].runs[0], "宋体")
    document.paragraphs[SECOND].runs[0].text = '(一)、明确责任.各单位要重视,落实"三防"要求。。'
    document.paragraphs[PLAIN].runs[0].font.size = Pt(12)
    document.paragraphs[DATE].runs[0].text = "2024年03月05日"
    return document


def with_a_damaged_picture(path: Path) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as packed:
        packed.writestr("word/media/image1.png", b"picture" * 20)
    data = path.read_bytes().replace(b"picturepicture", b"picturePicture", 1)
    path.write_bytes(data)
    return path


def test_a_part_that_cannot_be_unpacked_is_reported_as_damage(tmp_path: Path) -> None:
    path = with_a_damaged_picture(saved(spoilt(), tmp_path))
    assert check(path, {}, LIMITS).values["findings"]
    with pytest.raises(CorruptDocument, match="damaged"):
        fix(path, {}, LIMITS)


async def test_a_finding_says_which_rule_where_and_what(tmp_path: Path) -> None:
    document = letter()
    document.paragraphs[DATE].runs[0].text = "2024年03月05日"
    source, _ = read_with_source(saved(document, tmp_path), LIMITS)
    result = await format_check(source, FormatCheckOptions(), ENGINE)
    (finding,) = result.findings
    assert finding.model_dump(mode="json") == {
        "rule": "date.zero", "clause": "7.3.5.4", "severity": "error",
        "place": {"paragraph": DATE, "start": 0, "end": 11, "section": None, "page": None,
                  "words": "2024年03月05日"},
        "expected": "2024年3月5日", "found": "2024年03月05日", "fixable": True,
    }  # fmt: skip
    assert (result.kind, result.errors, result.warnings, result.fixable) == ("通知", 1, 0, 1)
    assert list(result.rules) == list(RULES)


async def test_rules_and_warnings_can_be_excluded(tmp_path: Path) -> None:
    document = letter()
    document.paragraphs[PLAIN].runs[0].text = "各 单位要重视,抓落实。"
    source, _ = read_with_source(saved(document, tmp_path), LIMITS)
    shown = await format_check(source, FormatCheckOptions(), ENGINE)
    assert [one.rule for one in shown.findings] == ["text.space", "text.width"]
    errors = await format_check(source, FormatCheckOptions(severity="error"), ENGINE)
    assert [one.rule for one in errors.findings] == ["text.width"]
    assert errors.findings_in_all == 1
    assert "text.space" not in errors.rules
    less = await format_check(source, FormatCheckOptions(leave_out=["text.width"]), ENGINE)
    assert [one.rule for one in less.findings] == ["text.space"]


def test_an_unknown_rule_cannot_be_excluded() -> None:
    with pytest.raises(ValidationError, match=r"there is no rule page\.colour"):
        FormatCheckOptions(leave_out=["page.colour"])


@pytest.mark.parametrize("name", ["text", "pdf"])
async def test_only_a_word_file_is_checked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "document"
    path.write_bytes(FORMATS[name]())
    source, _ = read_with_source(path, LIMITS)
    with pytest.raises(UnsupportedDocument, match="DOCX"):
        await format_check(source, FormatCheckOptions(), ENGINE)
    with pytest.raises(UnsupportedDocument, match="DOCX"):
        await format_fix(source, FormatFixOptions(), ENGINE)
    with pytest.raises(UnsupportedDocument, match="DOCX"):
        await format_check(given_document("no file"), FormatCheckOptions(), ENGINE)


async def test_a_corrected_file_is_stored_with_a_log_of_changes(tmp_path: Path) -> None:
    path = saved(spoilt(), tmp_path)
    document, source = read_with_source(path, LIMITS, "通知.docx")
    result = await format_fix(document, FormatFixOptions(), ENGINE)
    assert result.file is not None
    assert (result.file.filename, result.left) == ("通知.fixed.docx", [])
    assert result.changes_in_all == len(result.changes)
    data = source.kept[result.file.document_id]
    assert len(data) == result.file.bytes
    after = Document(io.BytesIO(data))
    assert broken(after) == []
    assert after.paragraphs[SECOND].text == "（一）明确责任。各单位要重视，落实“三防”要求。"
    assert after.paragraphs[DATE].text == "2024年3月5日"
    made = [(one.rule, one.place.paragraph, one.old, one.new) for one in result.changes]
    assert ("date.zero", DATE, "2024年03月05日", "2024年3月5日") in made
    assert ("page.top", None, None, None) in made
    assert result.text_changes == sum(one.text_changed for one in result.changes) == 9


async def test_a_correct_file_gives_no_new_file(tmp_path: Path) -> None:
    document, source = read_with_source(saved(letter(), tmp_path), LIMITS)
    result = await format_fix(document, FormatFixOptions(), ENGINE)
    assert (result.file, result.changes, source.kept) == (None, [], {})


async def test_the_text_can_be_excluded_from_corrections(tmp_path: Path) -> None:
    document, source = read_with_source(saved(spoilt(), tmp_path), LIMITS)
    result = await format_fix(document, FormatFixOptions(words=False), ENGINE)
    assert result.file is not None
    assert (result.text_changes, result.changes_in_all) == (0, 4)
    (tmp_path / "after.docx").write_bytes(source.kept[result.file.document_id])
    assert read(tmp_path / "after.docx", LIMITS).text == document.text
    rewording = {"recipient.colon", "heading.brackets", "heading.mark", "text.width", "text.quotes",
                 "text.repeated", "date.zero"}  # fmt: skip
    assert {one.rule for one in result.left} == rewording
    assert all(RULES[name].rewords for name in rewording)


def test_corrections_leave_other_parts_of_the_file_unchanged(tmp_path: Path) -> None:
    document = letter()
    document.paragraphs[OPENING].runs[0].font.size = Pt(12)
    path = saved(document, tmp_path)
    corrected(document, tmp_path)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(tmp_path / "corrected.docx") as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["word/document.xml"]


def test_inserted_blank_lines_do_not_shift_positions_in_the_log(tmp_path: Path) -> None:
    document = letter()
    document._body._body.remove(document.paragraphs[1]._p)
    document.paragraphs[DATE - 1].runs[0].text = "2024年03月5日"
    found, after = corrected(document, tmp_path)
    places = {one["rule"]: one["place"]["paragraph"] for one in found["changes"]}
    assert places == {"title.place": 2, "date.zero": DATE - 1}
    assert after.paragraphs[DATE].text == "2024年3月5日"


def test_spaces_before_a_recipient_are_removed_and_logged(tmp_path: Path) -> None:
    document = letter()
    document.paragraphs[RECIPIENT].runs[0].text = "　　江南省人民政府："
    found, after = corrected(document, tmp_path)
    assert [(one["rule"], one["old"], one["new"]) for one in found["changes"]] == [
        ("recipient.indent", "　　", "")
    ]
    assert broken(after) == []


@pytest.mark.parametrize("rule", MUTATIONS)
def test_every_rule_finds_its_breach_and_nothing_else(rule: str, tmp_path: Path) -> None:
    cases = broken_cases(2, rules=[rule])
    result = score(cases, tmp_path)
    assert result.wrong == []
    assert result.right == result.expected > 0


def test_every_rule_is_broken_by_a_mutation() -> None:
    assert set(MUTATIONS) == set(RULES)
    assert len(RULES) >= 30


def test_correct_documents_of_every_kind_have_no_findings(tmp_path: Path) -> None:
    assert score(correct_cases(24), tmp_path).wrong == []


def test_fixable_breaches_are_corrected_completely(tmp_path: Path) -> None:
    rules = [name for name, rule in RULES.items() if rule.fixable]
    result = score_fixes(broken_cases(1, rules=rules), tmp_path)
    assert result.files == result.clean == result.unchanged == result.same_text == len(rules)


def test_a_file_nested_too_deeply_is_refused_and_so_is_one_without_a_body(tmp_path: Path) -> None:
    deep = "<w:ins>" * 200 + "<w:r><w:t>深</w:t></w:r>" + "</w:ins>" * 200
    path = tmp_path / "deep.docx"
    path.write_bytes(docx_with(f"<w:p>{deep}</w:p>"))
    assert check(path, {}, LIMITS).values["recognised"]
    path.write_bytes(docx_with("<w:sdt>" * 1200 + "</w:sdt>" * 1200))
    for work in (check, fix):
        with pytest.raises(CorruptDocument):
            work(path, {}, LIMITS)


def test_the_page_of_rules_is_up_to_date() -> None:
    page = Path(__file__).parents[4] / "docs" / "layout-rules.md"
    assert page.read_text() == table(), "python -m deploy.layout_rules > docs/layout-rules.md"


def test_rules_are_described() -> None:
    for rule in RULES.values():
        assert rule.clause
        assert rule.expects
        assert rule.fixable or not rule.rewords
