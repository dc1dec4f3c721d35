"""What stands around a number and says that it is something else."""

from __future__ import annotations

import re

_BEFORE = 16
_OTHER_NUMBER = re.compile(
    r"(?:订单|运单|快递单|流水|单据|发票|凭证|受理|案件|工单|合同|批次|序列|产品|设备|档案|文件|项目|许可|备案|登记|条形|追溯|"
    r"票据|物流)(?:编?号码?|码|证号)?[ :#]{0,3}$"
)
_AMOUNT_BEFORE = re.compile(r"(?:[¥$€£][ ]?|\d\.)$")
_AMOUNT_AFTER = re.compile(
    r"[ ]?(?:\.\d{1,2}(?!\d)|余?(?:[万亿]?[元吨]|美元|港元|欧元|%|人次|人民币|平方|立方|公斤|千克|"
    r"公里|千瓦))"
)


def is_other(text: str, start: int, end: int) -> bool:
    """Whether the words around a number call it an amount, or the number of a paper or a thing."""
    before = text[max(0, start - _BEFORE) : start]
    return bool(
        _OTHER_NUMBER.search(before)
        or _AMOUNT_BEFORE.search(before)
        or _AMOUNT_AFTER.match(text, end)
    )


def is_labelled(text: str, start: int, label: re.Pattern[str]) -> bool:
    """Whether `label`, which ends with `$`, stands right before the place."""
    return bool(label.search(text[max(0, start - _BEFORE) : start]))
