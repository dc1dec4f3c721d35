from __future__ import annotations

from pathlib import Path

from documents.document import BlockKind, Document
from documents.read import read
from documents.readers.markdown import MEDIA_TYPE
from standin.documents.builders import LIMITS, saved


def parts(document: Document) -> list[tuple[BlockKind, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_markup_is_removed_and_text_stays(tmp_path: Path) -> None:
    source = (
        "# Title with **weight** #\n\n"
        'A *first* line\nand `its` [second](http://example.test "t") one.\\* ~~old~~\n\n'
        "- one\n- two\n  - three\n\n3. third\n4. fourth\n\n   more of it\n\n"
        "> quoted\n\n```sh\nmake test\n\nmake demo\n```\n\n<!-- hidden -->\n\n![a map](m.png)\n"
    )
    document = read(saved(tmp_path, source.encode()), LIMITS)
    assert document.media_type == MEDIA_TYPE
    assert parts(document) == [
        (BlockKind.heading, "Title with weight"),
        (BlockKind.paragraph, "A first line and its second one.* old"),
        (BlockKind.list_item, "one"),
        (BlockKind.list_item, "two"),
        (BlockKind.list_item, "three"),
        (BlockKind.list_item, "3. third"),
        (BlockKind.list_item, "4. fourth"),
        (BlockKind.paragraph, "more of it"),
        (BlockKind.paragraph, "quoted"),
        (BlockKind.paragraph, "make test\nmake demo"),
        (BlockKind.paragraph, "a map"),
    ]


def test_html_inside_markdown_is_read_as_html(tmp_path: Path) -> None:
    source = "# T\n\n<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>\n"
    document = read(saved(tmp_path, source.encode()), LIMITS)
    assert parts(document)[1] == (BlockKind.table, "a\tb\n1\t2")


def test_chinese_lines_join_without_a_space_and_stay_apart_after_a_full_stop(
    tmp_path: Path,
) -> None:
    source = "# 题\n\n第一条 为了加强\n档案管理，制定本法。\n第二条 适用本法。\n"
    document = read(saved(tmp_path, source.encode("gb18030")), LIMITS)
    assert parts(document)[1][1] == "第一条 为了加强档案管理，制定本法。\n第二条 适用本法。"


def test_a_numbered_official_text_is_not_taken_for_markdown(tmp_path: Path) -> None:
    source = "1. 第一项\n2. 第二项\n- 其他\n"
    assert read(saved(tmp_path, source.encode()), LIMITS).media_type == "text/plain"


def test_deep_nesting_is_read_or_refused(tmp_path: Path) -> None:
    source = "# T\n\n" + ">" * 5_000 + " deep\n\n" + "[" * 5_000 + "*" * 5_000 + "\n"
    assert "T" in read(saved(tmp_path, source.encode()), LIMITS).text


def test_boxes_scripts_and_pictures_are_read_or_named(tmp_path: Path) -> None:
    source = (
        "# 题\n\n- [x] 同意\n- [ ] 不同意\n- [1] 注\n\n10<sup>8</sup>，CO<sub>2</sub>，"
        "<input type='checkbox' checked> 甲 <input type=radio> 乙\n\n![平面图](m.png)\n\n"
        "| 年 | 数 |\n| --- | --- |\n| | 10<sup>3</sup> |\n"
    )
    document = read(saved(tmp_path, source.encode()), LIMITS)
    assert [text for _, text in parts(document)] == [
        "题",
        "☑ 同意",
        "☐ 不同意",
        "[1] 注",
        "10^8，CO2，☑ 甲 ☐ 乙",
        "平面图",
        "年\t数\n\t10^3",
    ]
    assert [(one.what, one.where) for one in document.unread] == [("picture", "平面图")]
    assert document.tables[0].head_rows == 1


def test_footnotes_are_read_as_they_are_written(tmp_path: Path) -> None:
    source = "正文[^1]和[链接][a]。\n\n[^1]: 注文\n[^b]: 又注\n\n[a]: http://localhost/\n"
    document = read(saved(tmp_path, ("# 题\n\n" + source).encode()), LIMITS)
    assert [text for _, text in parts(document)] == [
        "题", "正文[^1]和链接。", "[^1]: 注文[^b]: 又注",
    ]  # fmt: skip
