"""Values that a page shows in attributes, by styles, around annotations and in another order."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.readers import html
from standin.documents.builders import LIMITS, saved
from tasks.disclosure_review.file_review import review_file
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Style, masker_json
from tasks.redact.work import redact
from tests.unit.documents.inventory.places import entries_of, texts_of, unread_of

PHONE = "13812341234"
MASKER = masker_json(Targets(frozenset(RULES)), Style())
DIGITS = "".join(f"<i class=d{one}></i>" for one in PHONE)
RULES_OF_DIGITS = "".join(f".d{one}::before{{content:'{one}'}}" for one in sorted(set(PHONE)))
DRAWN = f"<text>{PHONE[::-1]}</text>"
PAGES = {
    "pictures": "".join(f"<img alt='{one}' src=a.png>" for one in PHONE),
    "fields": "电话<input value=138><input value=1234><input value=1234>",
    "a style for each digit": f"<style>{RULES_OF_DIGITS}</style><p>{DIGITS}",
    "attributes that a style shows": (
        "<style>p::before{content:attr(data-a) attr(data-b)}</style><p data-a=13812 data-b=341234>"
    ),
    "readings": "<p><ruby>138<rt>a</rt></ruby><ruby>1234<rt>b</rt></ruby>1234",
    "readings in brackets": "<p>138<ruby>1234<rp>(</rp><rt>a</rt><rp>)</rp></ruby>1234",
    "deleted words": "<p>138<del>99</del>1234<s>7</s>1234",
    "elements in reverse": (
        "<p style='display:flex;flex-direction:row-reverse'>"
        + "".join(f"<b>{one}</b>" for one in reversed(PHONE))
    ),
    "a mirror": f"<p style='transform:scaleX(-1)'>{PHONE[:3:-1]}<b>{PHONE[3::-1]}</b>",
    "a direction of a drawing": (
        f"<svg><text direction=rtl unicode-bidi=bidi-override>{PHONE[::-1]}</text></svg>"
    ),
    "a mirror of a drawing": f"<svg><text transform='scale(-1,1)'>{PHONE[::-1]}</text></svg>",
    "a mirror of a group": f"<svg><g transform='matrix(-1 0 0 1 0 0)'>{DRAWN}</g></svg>",
    "places of characters": (
        f"<svg><text x='{' '.join(str(10 * at) for at in range(10, -1, -1))}'>{PHONE[::-1]}</text>"
    ),
}


def page_of(body: str) -> bytes:
    return f"<!doctype html><meta charset=utf-8><p>正文。</p>{body}".encode()


@pytest.mark.parametrize("form", PAGES)
def test_a_number_in_a_page_is_a_reason_and_is_masked(tmp_path: Path, form: str) -> None:
    path = saved(tmp_path, page_of(PAGES[form]))
    arguments = {"masker": MASKER, "media_type": html.MEDIA_TYPE}
    reasons = review_file(path, arguments, LIMITS).values["reasons"]
    assert [one["words"] for one in reasons] == ["138****1234"]
    more = {"places": [], "cover": [], "verify_by_ocr": False, "scans": ""}
    done = redact(path, {**arguments, **more}, LIMITS)
    assert done.file is not None
    written = saved(tmp_path, done.file)
    assert review_file(written, arguments, LIMITS).values["reasons"] == []
    digits = "".join(filter(str.isdigit, done.file.decode()))
    assert PHONE not in digits
    assert PHONE[::-1] not in digits


@pytest.mark.parametrize(
    "body",
    [
        "<style>.step1::before{content:'1'}.step2::before{content:'2'}</style>"
        "<p class=step1>申请<p class=step2>受理",
        "<style>.icon::before{content:'\\f101'}</style><p class=icon>申请",
        "<img alt='图1' src=a><p>1234<p>1234",
        "<input value=15><p><input value=1234><p><input value=5678>",
        "<svg><text x='0 10 20'>123</text><g transform='translate(3,4)'><text>表1</text></g></svg>",
    ],
)
def test_an_ordinary_page_is_not_held_back(tmp_path: Path, body: str) -> None:
    path = saved(tmp_path, page_of(body))
    found = review_file(path, {"masker": MASKER, "media_type": html.MEDIA_TYPE}, LIMITS).values
    assert (found["reasons"], found["unread"]) == ([], [])


def test_more_styles_with_texts_than_are_looked_at_are_named(tmp_path: Path) -> None:
    rules = "".join(f".a{at}::before{{content:'a'}}" for at in range(501))
    entries = entries_of(tmp_path, page_of(f"<style>{rules}</style>"), html.MEDIA_TYPE)
    assert ("numbers that a style puts together", "style") in unread_of(entries)
    assert "正文" in texts_of(entries)
