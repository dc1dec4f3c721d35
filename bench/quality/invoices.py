"""`parse` of OFD invoices: whether each field stands beside its label, and items are rows.

The invoices are generated, with labels and rules in a template and values on the page.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.quality.measure import Measure
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_invoices import Invoice, invoices

_SAMPLE = 60
_NUMBER = re.compile(r"发票号码：\s*(\S+)")
_DATE = re.compile(r"开票日期：\s*(\S+)")
_NAME = re.compile(r"名\s*称：\s*(\S+)")
_TAX_NUMBER = re.compile(r"纳税人识别号：\s*(\S+)")
_WORDS = re.compile(r"价税合计（大写）\s*(\S+)")
_TOTAL = re.compile(r"（小写）\s*¥?(\S+)")
_SUM = re.compile(r"合\s*计\s+¥(\S+)\s+¥(\S+)")


def measures() -> Iterator[Measure]:
    fields = right = rows = whole = files = 0
    for one, layout, data in invoices(_SAMPLE):
        with tempfile.TemporaryDirectory() as folder:
            text = read(saved(Path(folder), data), LIMITS).text
        expected, found = expected_fields(one, layout), read_fields(text)
        files += 1
        fields += len(expected)
        right += sum(found.get(name) == value for name, value in expected.items())
        if layout != "plain":
            lines = {tuple(filter(None, line.split("\t"))) for line in text.split("\n")}
            rows += len(one.items)
            whole += sum(tuple(filter(None, item.cells)) in lines for item in one.items)
    yield Measure("parse", f"fields of {files} OFD invoices", fields, right / fields, 1.0)
    yield Measure("parse", "lines of items of OFD invoices", rows, whole / rows, 1.0)


def expected_fields(one: Invoice, layout: str) -> dict[str, str]:
    fields = {
        "number": one.number,
        "date": one.date,
        "buyer": one.buyer.name,
        "buyer's number": one.buyer.tax_number,
        "seller": one.seller.name,
        "seller's number": one.seller.tax_number,
        "words": one.words,
        "total": one.total,
    }
    return fields if layout == "plain" else {**fields, "amount": one.amount, "tax": one.tax}


def read_fields(text: str) -> dict[str, str]:
    """The fields by their labels. The buyer's stand before the seller's."""
    parts = text.partition("销售方")
    buyer, seller = parts[0].partition("购买方")[2], parts[2]
    found = {
        "number": _NUMBER.search(text),
        "date": _DATE.search(text),
        "buyer": _NAME.search(buyer),
        "buyer's number": _TAX_NUMBER.search(buyer),
        "seller": _NAME.search(seller),
        "seller's number": _TAX_NUMBER.search(seller),
        "words": _WORDS.search(text),
        "total": _TOTAL.search(text),
    }
    fields = {name: match[1] for name, match in found.items() if match}
    if sums := _SUM.search(text):
        fields |= {"amount": sums[1], "tax": sums[2]}
    return fields
