"""The report on a masked document, for the person who signs its publication."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from tasks.redact.findings import Finding
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.result import RedactResult

_KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.identity_number: "居民身份证号 identity number",
        Kind.credit_code: "统一社会信用代码 credit code",
        Kind.bank_card: "银行卡号 bank card",
        Kind.mobile: "手机号码 mobile number",
        Kind.landline: "固定电话 landline number",
        Kind.passport: "护照及出入境证件 passport or travel document",
        Kind.plate: "机动车号牌 number plate",
        Kind.email: "电子邮箱 e-mail address",
        Kind.ip_address: "IP 地址 IP address",
        Kind.address: "住址 address",
        Kind.name: "姓名 name",
        Kind.term: "指定词语 given term",
    }
)
_METHODS: Mapping[DetectionMethod, str] = MappingProxyType(
    {
        DetectionMethod.rule: "规则 rule",
        DetectionMethod.model: "模型 model",
        DetectionMethod.term: "指定词语 term",
    }
)
_STYLE = (
    "body{font:14px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111}"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.2em .5em;"
    "text-align:left;vertical-align:top}th{background:#eee}.notice{border:2px solid #b00;"
    "padding:.5em 1em}@media print{body{margin:0}}"
)
_SECURITY = "default-src 'none'; style-src 'unsafe-inline'"
_VERIFIED = (
    "遮盖后的文件已重新读取并核验：逐处检索其中的文字，并对全部数据解码后检索，未发现被遮盖的内容。"
    "The masked file was read again and verified: every text in it and everything that its bytes "
    "decode to was searched, and nothing that was masked was found."
)
_NO_FILE = "未生成遮盖后的文件。No masked file was created."
_COMPLETE = "没有未检查的部分。There are no parts that were not checked."
_TO_CHECK = (
    "下列部分未经检查，公开前须人工核对。The following parts were not checked. A person must check "
    "them before publication."
)
_POSSIBLE_NAMES = (
    "未使用模型。下列词语可能是姓名，未遮盖，公开前须人工核对。No model was asked. These words may "
    "be names and were not masked. A person must check them before publication."
)
_MODEL = (
    "姓名和住址由规则和模型查找，可能有遗漏，须人工核对。"
    "Names and addresses are found by rules and a model, which may miss some: a person must check "
    "them."
)


def report_html(filename: str, result: RedactResult) -> str:
    """Returns one HTML page without scripts, references to other files and masked text.

    `filename` is the masked name of the document.
    """
    parts = [
        _paragraph(f"文件 File: {filename}"),
        *_file(result),
        *_not_covered(result),
        *_possible_names(result),
        *_counts(result),
        *_findings(result),
        *_section(
            "文件中的遮盖 Masked in the file",
            ("位置 Part", "类别 Kind", "数量 Count"),
            [(one.part, _KINDS[one.kind], str(one.count)) for one in result.in_file],
        ),
        *_section(
            "文件中的遮盖框 Boxes in the file",
            ("位置 Part", "类别 Kind", "位置（磅）Box (points)"),
            [(one.part, _KINDS[one.kind], _points(one.box)) for one in result.boxes],
        ),
        *_section(
            "已删除的内容 Removed from the file",
            ("内容 Content", "数量 Count"),
            [(one.what, str(one.count)) for one in result.removed],
        ),
        _paragraph(_MODEL),
        _paragraph("核对人 Checked by: ____________________　日期 Date: ____________________"),
    ]
    title = "遮盖报告 Redaction report"
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_SECURITY}">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _file(result: RedactResult) -> Iterable[str]:
    if result.file is None:
        return [_paragraph(_NO_FILE)]
    file = result.file
    about = f"遮盖后的文件 Masked file: {file.filename}, {file.media_type}, {file.bytes:,} bytes"
    return [_paragraph(about), _paragraph(f"SHA-256: {file.sha256}"), _paragraph(_VERIFIED)]


def _not_covered(result: RedactResult) -> Iterable[str]:
    if not result.not_covered:
        return [_paragraph(_COMPLETE)] if result.file is not None else []
    notice = f'<p class="notice">{_TO_CHECK}<br>{html.escape(result.notice)}</p>'
    rows = [(one.what, one.where) for one in result.not_covered]
    return _section(
        "未检查的部分 Not checked", ("内容 Content", "位置或原因 Place or reason"), rows, notice
    )


def _possible_names(result: RedactResult) -> Iterable[str]:
    rows = [(one.text, str(one.page) if one.page else "–") for one in result.possible_names]
    notice = f'<p class="notice">{_POSSIBLE_NAMES}</p>'
    if more := result.possible_names_not_listed:
        notice += _paragraph(f"另有 {more:,} 处未列出。{more:,} more are not listed.")
    return _section("可能的姓名 Possible names", ("词语 Word", "页 Page"), rows, notice)


def _counts(result: RedactResult) -> Iterable[str]:
    rows = [(_KINDS[kind], f"{count:,}") for kind, count in result.counts.items()]
    return _section("正文中的遮盖 Masked in the text", ("类别 Kind", "数量 Count"), rows)


def _findings(result: RedactResult) -> Iterable[str]:
    rows = [_row(number, one) for number, one in enumerate(result.findings, 1)]
    notice = ""
    if result.not_listed:
        notice = _paragraph(
            f"另有 {result.not_listed:,} 处未列出。{result.not_listed:,} more are not listed."
        )
    heading = (
        "序号 No.", "类别 Kind", "页 Page", "位置（磅）Box (points)", "查找方式 Found by",
        "校验码 Check digit", "遮盖为 Replaced by",
    )  # fmt: skip
    return _section("逐项清单 Findings", heading, rows, notice)


def _row(number: int, one: Finding) -> Sequence[str]:
    box = _points(one.box) if one.box else "–"
    valid = {True: "正确 correct", False: "错误 wrong", None: "–"}[one.valid]
    page = str(one.page) if one.page else "–"
    return str(number), _KINDS[one.kind], page, box, _METHODS[one.found_by], valid, one.replacement


def _points(box: Sequence[float]) -> str:
    return ", ".join(f"{side:.0f}" for side in box)


def _section(
    title: str, heading: Sequence[str], rows: Sequence[Sequence[str]], notice: str = ""
) -> Iterable[str]:
    if not rows:
        return []
    lines = [_cells("th", heading), *(_cells("td", row) for row in rows)]
    return [f"<h2>{title}</h2>", notice, "<table>", *lines, "</table>"]


def _cells(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"
