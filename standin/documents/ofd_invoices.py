"""Invoices as OFD files with known fields, in the layouts that Chinese e-invoices have.

Labels and rules are in a template, values on the page. All names and numbers are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from xml.sax.saxutils import escape

from standin.documents.ofd_builder import advance, ofd, on_layer, text_object

_SIZE = 3.0  # mm
_PLACES = ("青川", "临河", "石桥", "南浦", "东岭", "白沙", "望江", "云溪")
_TRADES = ("办公用品", "信息技术", "物业管理", "印刷包装", "环境工程", "设备安装")
_GOODS = (
    "*纸制品*复印纸", "*信息技术服务*软件开发", "*印刷品*宣传手册", "*家具*文件柜",
    "*电子计算机*台式计算机",
    "*生活服务*会议场地及配套餐饮综合服务费用", "*劳务*办公楼中央空调年度维护保养及滤网更换",
)  # fmt: skip
_SPECS = ("A4", "", "16K", "850×390", "")
_UNITS = ("箱", "项", "册", "组", "台")
_NUMERALS = "零壹贰叁肆伍陆柒捌玖"
_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an invoice; its amounts as they are printed."""

    name: str
    spec: str
    unit: str
    count: str
    price: str
    amount: str
    rate: str
    tax: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.name, self.spec, self.unit, self.count, self.price,
            self.amount, self.rate, self.tax,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    tax_number: str


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    date: str
    buyer: Party
    seller: Party
    items: tuple[Item, ...]
    amount: str
    tax: str
    total: str
    words: str


def invoice(seed: int) -> Invoice:
    """A made-up invoice; the same for the same seed."""
    random = Random(seed)
    items = tuple(_item(random) for _ in range(random.randint(1, 4)))
    amount = sum(float(item.amount) for item in items)
    tax = sum(float(item.tax) for item in items)
    return Invoice(
        "".join(random.choices("0123456789", k=20)),
        f"2026年{random.randint(1, 12):02}月{random.randint(1, 28):02}日",
        _party(random, "局"),
        _party(random, "公司"),
        items,
        f"{amount:.2f}",
        f"{tax:.2f}",
        f"{amount + tax:.2f}",
        "".join(random.choices(_NUMERALS, k=random.randint(3, 8))) + "圆整",
    )


def _party(random: Random, kind: str) -> Party:
    place, trade = random.choice(_PLACES), random.choice(_TRADES)
    name = f"{place}县{trade}有限公司" if kind == "公司" else f"{place}市数据管理局{trade}中心"
    return Party(name, "91" + "".join(random.choices(_LETTERS, k=16)))


def _item(random: Random) -> Item:
    count, price = random.randint(1, 40), random.randint(100, 99_999) / 100
    amount, rate = count * price, random.choice((0.06, 0.13))
    return Item(
        random.choice(_GOODS),
        random.choice(_SPECS),
        random.choice(_UNITS),
        str(count),
        f"{price:.2f}",
        f"{amount:.2f}",
        f"{rate:.0%}",
        f"{amount * rate:.2f}",
    )


@dataclass(slots=True)
class _Sheet:
    """Objects of the template and of the page. `write` draws a value."""

    write: Callable[[str, float, float], str]
    form: str = ""
    page: str = ""

    def label(self, text: str, x: float, y: float, size: float = _SIZE) -> None:
        self.form += text_object(text, x, y, size)

    def down(self, text: str, x: float, y: float) -> None:
        """A label whose characters stand below one another."""
        self.form += (
            f'<ofd:TextObject Boundary="{x} {y} 4 {_SIZE * 1.2 * len(text):.1f}" Font="3" '
            f'Size="{_SIZE}"><ofd:TextCode X="0" Y="{_SIZE}" DeltaX="g {len(text) - 1} 0" '
            f'DeltaY="g {len(text) - 1} {_SIZE * 1.1:.2f}">{escape(text)}</ofd:TextCode>'
            "</ofd:TextObject>"
        )

    def value(self, text: str, x: float, y: float) -> None:
        if text:
            self.page += self.write(text, x, y)

    def right(self, text: str, x: float, y: float) -> None:
        """A value that ends at `x`."""
        self.value(text, x - sum(advance(char, _SIZE) for char in text), y)

    def rules(self, along: Sequence[Sequence[float]], down: Sequence[Sequence[float]]) -> None:
        """Lines: `along` has y and the two ends, `down` has x and the two ends."""
        for y, left, right in along:
            self.form += _rule(left, y, right - left, 0)
        for x, top, bottom in down:
            self.form += _rule(x, top, 0, bottom - top)


def _rule(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<ofd:PathObject Boundary="{x} {y} {width + 0.3} {height + 0.3}" LineWidth="0.3">'
        f"<ofd:AbbreviatedData>M 0 0 L {width} {height}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _plain(sheet: _Sheet, one: Invoice) -> None:
    """Labels and values without rules; the buyer above the seller."""
    _head(sheet, one)
    for y, side, party in ((36, "购买方", one.buyer), (66, "销售方", one.seller)):
        sheet.label(side, 12, y)
        sheet.label("名称：", 30, y)
        sheet.value(party.name, 60, y)
        sheet.label("纳税人识别号：", 30, y + 8)
        sheet.value(party.tax_number, 60, y + 8)
    sheet.label("价税合计（大写）", 12, 96)
    sheet.value(one.words, 60, 96)
    sheet.label("（小写）", 130, 96)
    sheet.value(f"¥{one.total}", 146, 96)


def _digital(sheet: _Sheet, one: Invoice) -> None:
    """The fully digital invoice: parties side by side, items in columns without rules."""
    _head(sheet, one)
    sheet.rules(
        [(y, 5, 205) for y in (26, 48, 92, 102, 118)],
        [
            *((x, 26, 48) for x in (11, 105, 111)), (45, 92, 102), (11, 102, 118),
            *((x, 26, 118) for x in (5, 205)),
        ],
    )  # fmt: skip
    for x, side, party in ((5, "购买方信息", one.buyer), (105, "销售方信息", one.seller)):
        sheet.down(side, x + 1.5, 28)
        sheet.label("名称：", x + 8, 33)
        sheet.value(party.name, x + 19, 33)
        sheet.label("统一社会信用代码/纳税人识别号：", x + 8, 43)
        sheet.value(party.tax_number, x + 57, 43)
    _items(sheet, one, 53, wide=True)
    sheet.label("合", 20, 89)
    sheet.label("计", 28, 89)
    sheet.right(f"¥{one.amount}", 154, 89)
    sheet.right(f"¥{one.tax}", 202, 89)
    _total(sheet, one, 98)
    sheet.down("备注", 6.5, 105)
    sheet.label("开票人：", 10, 125)
    sheet.value("管理员", 24, 125)


def _ruled(sheet: _Sheet, one: Invoice) -> None:
    """The older invoice: ruled columns, the seller below the items."""
    _head(sheet, one)
    columns = (55, 76, 86, 100, 122, 146, 160)
    sheet.rules(
        [(y, 5, 205) for y in (26, 50, 88, 96, 120)],
        [
            *((x, 26, 120) for x in (5, 205)), *((x, 26, 50) for x in (11, 115, 121)),
            *((x, 50, 88) for x in columns), (55, 88, 96), *((x, 96, 120) for x in (11, 115, 121)),
        ],
    )  # fmt: skip
    sheet.down("密码区", 116.5, 31)
    sheet.value("03<5>1/86-42*9+7>>0", 123, 33)
    for y, side, party in ((26, "购买方", one.buyer), (96, "销售方", one.seller)):
        sheet.down(side, 6.5, y + 5)
        for at, (label, value) in enumerate(
            (
                ("名        称：", party.name), ("纳税人识别号：", party.tax_number),
                ("地 址、电 话：", ""), ("开户行及账号：", ""),
            )
        ):  # fmt: skip
            sheet.label(label, 13, y + 6 + 5 * at)
            sheet.value(value, 36, y + 6 + 5 * at)
    _items(sheet, one, 54, wide=False)
    sheet.label("合      计", 20, 86)
    sheet.right(f"¥{one.amount}", 145, 86)
    sheet.right(f"¥{one.tax}", 202, 86)
    _total(sheet, one, 93)
    sheet.label("收款人：", 10, 126)
    sheet.label("复核：", 70, 126)
    sheet.label("开票人：", 120, 126)


def _head(sheet: _Sheet, one: Invoice) -> None:
    sheet.label("电子发票（普通发票）", 75, 15, 6)
    for y, label, value in ((12, "发票号码：", one.number), (18, "开票日期：", one.date)):
        sheet.label(label, 148, y)
        sheet.value(value, 164, y)


def _total(sheet: _Sheet, one: Invoice, y: float) -> None:
    sheet.label("价税合计（大写）", 8, y)
    sheet.value(one.words, 60, y)
    sheet.label("（小写）", 130, y)
    sheet.value(f"¥{one.total}", 146, y)


HEADINGS = ("项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率/征收率", "税额")


def _items(sheet: _Sheet, one: Invoice, y: float, *, wide: bool) -> None:
    lefts = (20, 58, 78, 90, 108, 140, 156, 190) if wide else (20, 58, 78, 90, 108, 132, 148, 180)
    for heading, left in zip(HEADINGS, lefts, strict=True):
        sheet.label("税率" if heading == "税率/征收率" and not wide else heading, left, y)
    for item in one.items:
        y += 5
        name = item.name
        sheet.value(name[:15], 7, y)
        sheet.value(item.spec, 58, y)
        sheet.value(item.unit, 79, y)
        sheet.right(item.count, 98, y)
        sheet.right(item.price, 121, y)
        sheet.right(item.amount, 154 if wide else 145, y)
        sheet.right(item.rate, 170 if wide else 158, y)
        sheet.right(item.tax, 202, y)
        for at in range(15, len(name), 15):
            y += 3.6
            sheet.value(name[at : at + 15], 7, y)


LAYOUTS: Mapping[str, Callable[[_Sheet, Invoice], None]] = {
    "plain": _plain,
    "digital": _digital,
    "ruled": _ruled,
}


def _whole(text: str, x: float, y: float) -> str:
    return text_object(text, x, y, _SIZE)


def _by_character(text: str, x: float, y: float) -> str:
    """Each character as an object of its own."""
    objects = ""
    for char in text:
        objects += text_object(char, x, y, _SIZE)
        x += advance(char, _SIZE)
    return objects


def _enlarged(text: str, x: float, y: float) -> str:
    """At half the size, enlarged by a matrix."""
    steps = " ".join(f"{advance(char, _SIZE / 2):.3f}" for char in text[:-1])
    return (
        f'<ofd:TextObject Boundary="{x:.3f} {y - _SIZE:.3f} 160 {_SIZE * 1.3}" Font="3" '
        f'Size="{_SIZE / 2}" CTM="2 0 0 2 0 0"><ofd:TextCode X="0" Y="{_SIZE / 2}" '
        f'DeltaX="{steps}">{escape(text)}</ofd:TextCode></ofd:TextObject>'
    )


WAYS: Mapping[str, Callable[[str, float, float], str]] = {
    "whole": _whole,
    "by character": _by_character,
    "enlarged": _enlarged,
    "composite": _whole,
}
"""How values are drawn; `composite`: in a composite object."""


def invoice_file(one: Invoice, layout: str, way: str = "whole") -> bytes:
    """The OFD file of an invoice, in one of `LAYOUTS` and `WAYS`."""
    sheet = _Sheet(WAYS[way])
    LAYOUTS[layout](sheet, one)
    page, parts = sheet.page, dict[str, str | bytes]()
    common = '<ofd:TemplatePage ID="90" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
    if way == "composite":
        parts["Doc_0/DocumentRes.xml"] = (
            '<ofd:Res %s><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="91" '
            f'Width="210" Height="140"><ofd:Content>{page}</ofd:Content></ofd:CompositeGraphicUnit>'
            "</ofd:CompositeGraphicUnits></ofd:Res>"
        )
        common += "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
        page = '<ofd:CompositeObject Boundary="0 0 210 140" ResourceID="91"/>'
    parts["Doc_0/Tpls/Tpl_0/Content.xml"] = f"<ofd:Page %s>{on_layer(sheet.form)}</ofd:Page>"
    area = "<ofd:Area><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:Area>"
    use = '<ofd:Template TemplateID="90" ZOrder="Background"/>'
    return ofd([area + use + on_layer(page)], common=common, parts=parts)


def invoices(count: int) -> Iterator[tuple[Invoice, str, bytes]]:
    """Invoices with their layouts and files: every layout and way in turn."""
    kinds = list(product(LAYOUTS, WAYS))
    for seed in range(count):
        one, (layout, way) = invoice(seed), kinds[seed % len(kinds)]
        yield one, layout, invoice_file(one, layout, way)
