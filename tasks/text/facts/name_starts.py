"""Finds where the name of an organisation may begin in a Chinese text without separators."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Words before names that are not part of names, except in compounds such as 应急, 对外, 就业.
_SURE_WORDS = (
    r"(?<![自理缘])由 经(?!济|信|贸|开|营|纪) (?<!申)请 向(?!阳) 对(?!外|口|台) 在(?!线) "
    r"将(?!军|乐) 于(?!都|洪|田) 到 从(?!化|江) 给 让 被 把 了 的 是 (?<!华)为(?!民) "
    r"(?<![高中初平])等 并(?!州) 各(?!庄) 该 本(?!溪|级) 则 可(?!可|持) 应(?!急|用|城|县) 须 "
    r"需(?!求) (?<![数证])据 按(?!揭) 或 至 我 你 贵(?!州|阳|港|溪|池) 已 拟 就(?!业) 因 "
    r"未(?!央|成|来) 不 再(?!生|就) 还 也 (?<![首成京])都(?!江|匀|市) 均(?!县) 令 函(?!授) 即 "
    r"如(?!皋|东) 送(?!变) 会同 要求 经过 通过 根据 按照 依照 依据 抄送 报送 函请 商请 责成 "
    "听取 提请 报请 委派 邀请 授权 交由 由于 关于 来自 属于 例如 包括 其中 以下 上述 下列 "
    "所在地 有关 相关 其他 其它 及其 近日 今年 日前 目前 此前 之前 以前 以后 之后 以来 底前 "
    "日前 月前 年前 会上 会后 期间 应当 可以 必须 不得 需要 前往 隶属 归口 感谢 贯彻 落实 "
    "积极 尽快 及时 共同 分别 告知 回复 答复 提交 上报 申报 访问 走访 认为 指出 强调 明确 "
    "表示 设在 位于 进一步 全力 主动 认真 严格 同意 批准 经与 "
    r"(?<=[0-9〇零一二三四五六七八九十])[年月日号]"
)
_SURE = [re.compile(word) for word in _SURE_WORDS.split(" ")]
# Words before names that names may also contain (新闻发布中心, 农业和水利局). A name may begin
# after them only if they are at the beginning, after a subject, or after another name.
_SOFT_WORDS = (
    "和 与 及 以及 同 报 报告 通知 成立 组建 设立 撤销 决定 规定 建议 委托 协同 配合 协助 "
    "联合 组织 督促 指导 监督 安排 支持 负责 牵头 参加 出席 列席 主持 称 至 转 交 转交 发 "
    "印发 转发 咨询 联系 请示 申请 所属 直属 下属 主管 分管 使 用 去 来 找 问 说 介绍 发布 "
    "公布 制定 起草 依托 走进 派驻 驻 受 经由 会商 加强 推动 推进 确保 核实 核查 要 使 向 前 "
    "后 内 中 时 以 当地 同级 接受 登录 查询 选择 进入 离开 调研 现 又 使用 办 能 会 帮助 "
    "服务 保障"
)
_SOFT = [re.compile(word) for word in _SOFT_WORDS.split(" ")]
_SUBJECT = re.compile(
    "(?:会议|部门|单位|个人|群众|市民|居民|企业|各方|我们|他们|机关|领导|同志|人员|代表|双方|人|者|方案|意见|通知"
    "|办法|公民)$"
)


def possible_starts(stretch: str, ending: re.Pattern[str]) -> set[int]:
    """Returns the offsets in `stretch` where a name may begin; `ending` matches ends of names."""
    sure = {0, *_ends(_SURE, stretch)}
    found = set(sure)
    for match in sorted(_matches(_SOFT, stretch), key=lambda one: one.end()):
        before = stretch[: match.start()]
        if match.start() in found or _SUBJECT.search(before) or _named(before, ending):
            found.add(match.end())
    return found


def _matches(patterns: list[re.Pattern[str]], stretch: str) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(stretch)


def _ends(patterns: list[re.Pattern[str]], stretch: str) -> Iterator[int]:
    return (match.end() for match in _matches(patterns, stretch))


def _named(before: str, ending: re.Pattern[str]) -> bool:
    """Whether `before` ends with another name."""
    return any(match.end() == len(before) for match in ending.finditer(before))
