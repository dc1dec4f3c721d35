"""Wording that shows that a document is not to be published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class ReasonKind(StrEnum):
    personal_data = "personal_data"
    secrecy_marking = "secrecy_marking"
    term = "term"
    internal_wording = "internal_wording"
    disclosure_attribute = "disclosure_attribute"
    draft = "draft"


# Patterns by rule. `_LINE` and `_END` match a marking on its own line, not a word in a sentence.
_LINE = r"(?m:^)[ \t\u3000]*+[(（【\[]?[ \t\u3000]*+"
_END = r"[ \t\u3000]*+[)）】\]]?[ \t\u3000]*+[。.]?(?m:$)"
WORDINGS: Sequence[tuple[ReasonKind, str, re.Pattern[str]]] = (
    (
        ReasonKind.internal_wording,
        "internal-notice",
        re.compile(
            rf"{_LINE}(?:内部(?:资料|文件|材料|刊物|参考)|工作秘密|内参)"
            rf"(?:[,，、;； ]*(?:注意保(?:存|密|管)|不得(?:外传|外泄|公开|翻印)|"
            rf"请勿外传|严禁外传|仅供参考|妥善保管))*{_END}"
        ),
    ),
    (
        ReasonKind.internal_wording,
        "not-to-be-passed-on",
        re.compile(
            r"(?:不得|请勿|严禁|禁止)(?:对外|向外)(?:传播|提供|公开|泄露|发布|扩散)|请勿外传|严禁外传|(?:仅供|仅限|只限)"
            r"(?:本(?:单位|机关|部门|系统)|单位|机关|部门|系统)?内部(?:使用|参考|传阅|掌握|学习)|阅后(?:即焚|收回|退回|销毁)"
        ),
    ),
    (
        ReasonKind.disclosure_attribute,
        "not-to-be-disclosed",
        re.compile(
            r"(?:公开(?:属性|方式|选项|类别|形式)|信息公开)[^\n]{0,6}[:：][ \t\u3000]*"
            r"(?:不予公开|不公开|依申请公开)"
            rf"|{_LINE}(?:此件|本件)?(?:不予公开|不公开|依申请公开)(?:发布)?{_END}"
        ),
    ),
    (
        ReasonKind.draft,
        "draft",
        re.compile(
            r"[(（【](?:内部)?(?:征求意见|讨论|送审|审议|修改|报批|代拟|过程|草|初)稿"
            r"[)）】][ \t\u3000]*(?m:$)"
        ),
    ),
)
