"""The page `docs/layout-rules.md`: `python -m deploy.layout_rules > docs/layout-rules.md`."""

from __future__ import annotations

import sys

from tasks.official_layout.rules import RULES

_HEAD = """# Rules of layout

What `format_check` looks for in a Word file. Written by `python -m deploy.layout_rules`.

A clause is one of GB/T 9704-2012 《党政机关公文格式》, unless it names another text:

| named | is |
| --- | --- |
| 条例 | 《党政机关公文处理工作条例》 (2012) |
| 15834 | GB/T 15834-2011, punctuation |
| 15835 | GB/T 15835-2011, numerals |
| usage | what offices do, without a clause |

Clauses and wording are taken from copies of these texts: read one itself before you rely on it.

Mended: `format_fix` puts it right; **words** where that changes characters of the text.

| rule | clause | severity | what is expected | mended |
| --- | --- | --- | --- | --- |
"""


def table() -> str:
    rows = []
    for rule in RULES.values():
        mended = "words" if rule.rewords else "yes" if rule.fixable else ""
        cells = (f"`{rule.id}`", rule.clause, rule.severity.value, rule.expects, mended)
        rows.append(f"| {' | '.join(cells)} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(table())
