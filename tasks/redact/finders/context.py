"""The words around a number that show what it is."""

from __future__ import annotations

import re

_BEFORE = 16
_NUMBER = r"(?:[单证]?编?号码?|编?码)"
# The second group is also used as verbs (来电登记), so it needs 编号 or the like after it.
_OTHER_NUMBER = re.compile(
    r"(?:(?:订单|运单|快递单|流水|单据|发票|凭证|案件|工单|批次|序列|产品|设备|条形|追溯|票据|物流)"
    rf"{_NUMBER}?|(?:登记|受理|备案|许可|项目|档案|文件|合同){_NUMBER})[ :#]{{0,3}}$"
)
_TELEPHONE = re.compile(r"(?:电话|手机|座机|传真|热线|联系方式|[Tt]el|TEL)(?:号码?)?[ :\t]{0,3}$")
_AMOUNT_BEFORE = re.compile(r"(?:[¥$€£][ ]?|\d\.)$")
_AMOUNT_AFTER = re.compile(
    r"[ ]?(?:\.\d{1,2}(?!\d)|余?(?:[万亿]?(?:元(?![旦月宵])|吨)|美元|港元|欧元|%|人次|人民币|平方|"
    r"立方|公斤|千克|公里|千瓦))"
)


def is_other(text: str, start: int, end: int) -> bool:
    """Whether the words around a number show an amount, or the number of a document or an object.

    A label such as 电话 right before the number takes precedence.
    """
    before = text[max(0, start - _BEFORE) : start]
    if _TELEPHONE.search(before):
        return False
    return bool(
        _OTHER_NUMBER.search(before)
        or _AMOUNT_BEFORE.search(before)
        or _AMOUNT_AFTER.match(text, end)
    )


def is_labelled(text: str, start: int, label: re.Pattern[str]) -> bool:
    """Whether `label`, a pattern that ends with `$`, matches right before `start`."""
    return bool(label.search(text[max(0, start - _BEFORE) : start]))
