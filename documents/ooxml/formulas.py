"""The constants of formulas in spreadsheets (ECMA-376 part 1, 18.17.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

# No possessive groups: Python 3.11.0 to 3.11.4 match some of them wrongly (gh-106052).
_TOKEN = re.compile(
    r"\"(?P<text>[^\"]*(?:\"\"[^\"]*)*)\"(?!\")|'[^']*(?:''[^']*)*'(?!')|[^\W\d][\w.$]*+|\$[\w$]++"
    r"|(?P<number>\d++(?:\.\d++)?)"
)
_ITEM_END = re.compile("[,;]")
_JOINS = re.compile(r"&|CONCAT|TEXTJOIN", re.IGNORECASE)


def joined_constants(formula: str) -> str:
    """All text constants of a formula as one text; empty if it has fewer than two constants.

    A formula such as `CONCATENATE("a","b")` shows what none of its constants has. In one that joins
    texts, numbers belong to them.
    """
    joins = _JOINS.search(formula) is not None
    constants: list[str] = []
    for match in _TOKEN.finditer(formula):
        if match["text"] is not None:
            constants.append(match["text"].replace('""', '"'))
        elif joins and match["number"]:
            constants.append(match["number"])
    return "".join(constants) if len(constants) > 1 else ""


def list_items(formula: str) -> Sequence[str]:
    """The items of the lists that are text constants of a formula, such as `"a,b"`."""
    constants = (match["text"] for match in _TOKEN.finditer(formula) if match["text"])
    lists = (one for one in constants if _ITEM_END.search(one))
    return [item for one in lists for item in _ITEM_END.split(one)]
