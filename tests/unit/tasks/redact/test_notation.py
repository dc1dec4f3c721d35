"""Values that the notation of a format divides are found, and lists of figures are left alone."""

from __future__ import annotations

import json

import pytest

from tasks.redact.finder import Finder, Targets
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style

KINDS = frozenset((Kind.mobile, Kind.identity_number))
FINDER = Finder(Targets(KINDS))
PHONE = "13812341234"


def in_json(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps({"a": text})
    return text


DIVIDED = {
    "a list of JSON": '{"a": ["138", "1234", "1234"]}',
    "a list of JSON over lines": '["13812",\n  "341234"]',
    "numbers of JSON after a label": '{"phone": [138, 1234, 1234]}',
    "an identity number in a list": '["110105", "19491231", "002X"]',
    "a list of YAML": "a:\n  - '138'\n  - '1234'\n  - '1234'\n",
    "numbers of YAML after a label": "电话:\n- 138\n- 1234\n- 1234\n",
    "a continued line of YAML": 'a: "138\\\n  1234\\\n  1234"',
    "quotation marks in a cell": 'a,"138""1234""1234"\n',
    "a section of XML": "<a>138<![CDATA[1234]]>1234</a>",
    "sections of XML": "<a><![CDATA[138]]><![CDATA[1234]]>1234</a>",
    "an instruction of XML": "<a>138<?b c?>1234<?b?>1234</a>",
    "an entity of XML": "<!DOCTYPE a [<!ENTITY b '1234'>]><a>138&b;1234</a>",
    "codes of a terminal": "138\x1b[31m1234\x1b[0m1234",
    "a code for each digit": "".join(f"\x1b[1;3{at % 8}m{one}" for at, one in enumerate(PHONE)),
    "line ends of a calendar": "BEGIN:VEVENT\nLOCATION:138\\n1234\\N1234\nEND:VEVENT",
    "line ends of JSON in JSON": in_json("138\r\n1234\r\n1234", 3),
    "a line end before it": '{"a": "Tel\\n13812341234"}',
    "comments in an address": "138(a)1234(b)1234@example.cn",
    "escapes of nested JSON": in_json("138\u200b12341234", 4),
    "code points": " ".join(f"U+{ord(one):04X}" for one in PHONE),
    "references with zeros": "".join(f"&#{ord(one):015d};" for one in PHONE),
    "hexadecimal references with zeros": "".join(f"&#x{ord(one):012x};" for one in PHONE),
}
OTHERS = {
    "figures": '{"sales": [150, 1234, 5678]}',
    "figures of YAML": "sales:\n- 150\n- 1234\n- 5678\n",
    "strings of other lengths": '["15", "1234", "5678", "1"]',
    "a longer list": '["138", "1234", "1234", "5678"]',
    "amounts in cells": '"150","1234","5678"\n',
    "items": "- 138\n- 1234 人\n- 1234\n",
    "an entity that is not declared": "138&b;12341234567",
}


@pytest.mark.parametrize("form", DIVIDED)
def test_a_value_that_a_notation_divides_is_found(form: str) -> None:
    text = DIVIDED[form]
    assert [one.kind for one in FINDER.find(text)][:1], form
    digits = "".join(filter(str.isdigit, Masker(Targets(KINDS), Style()).mask(text)))
    assert PHONE not in digits


@pytest.mark.parametrize("form", OTHERS)
def test_what_is_no_divided_value_is_ignored(form: str) -> None:
    assert FINDER.find(OTHERS[form]) == []


def test_many_references_take_bounded_time_and_memory() -> None:
    text = "<!DOCTYPE a [<!ENTITY b '" + "1" * 40 + "'>]>" + "&b;" * 100_000
    assert FINDER.find(text) == []
