"""Which format files of callbacks are accepted."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jobs.ledger.callback_records import callback_options_record, to_callback_options
from jobs.model.department import CallbackOptions
from jobs.model.formats.callback_format import BodyKind, read_format
from jobs.model.formats.toml_file import FormatError
from jobs.submit.validation_texts import validation_text
from jobs.texts import Language
from jobs.texts.translation import translation

LEAST = 'body = "json"\n[fields]\na = "${data.status}"\n'


def test_the_least_format_has_the_usual_charset_and_success() -> None:
    least = read_format(LEAST.encode())
    assert (least.body, least.media_type) == (BodyKind.json, "application/json; charset=UTF-8")
    assert least.success.status is None


def test_a_format_is_stored_and_read_again_with_the_order_of_its_fields() -> None:
    text = 'body = "form"\n[fields]\nz = 1\na = "${id}"\nm = true\n[success]\nstatus = [200, 302]'
    options = CallbackOptions(headers={"x-a": "1"}, format=read_format(text.encode()))
    again = to_callback_options(callback_options_record(options))
    assert again == options
    assert again.format is not None
    assert list(again.format.fields.items()) == [("z", 1), ("a", "${id}"), ("m", True)]


def test_options_without_a_format_can_be_read_by_an_earlier_release() -> None:
    assert callback_options_record(CallbackOptions()) == '{"headers":{}}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Field required"),
        (LEAST.replace("json", "yaml"), "'json', 'form' or 'xml'"),
        ("charset = 'BIG5'\n" + LEAST, "'UTF-8' or 'GB18030'"),
        ("root = 'a'\n" + LEAST, "outer element"),
        (LEAST.replace("json", "xml"), "outer element"),
        ("root = '1a'\n" + LEAST.replace("json", "xml"), "not the name of an XML element"),
        ("root = 'r'\n" + LEAST.replace("json", "xml").replace("a =", "'a b' ="), "a b is not a"),
        ("content_type = 'text/xml\\r\\nx: y'\n" + LEAST, "not a media type"),
        ("subject = 'a'\n" + LEAST, "Extra inputs"),
        (LEAST.replace("data.status", "status"), "no such value"),
        (LEAST.replace("${", "$("), r"Write \$\$"),
        (LEAST + "'a.b' = 'c'", "has a value and fields below it"),
        (LEAST + "'b..c' = 'd'", "empty name"),
        (LEAST + f"'{'x.' * 20}y' = 'd'", "deeper than 20"),
        (LEAST + f"b = '{'${id}' * 100}'", "At most 100 placeholders"),
        (LEAST + "[headers]\nhost = 'a'", "set by Chancery or by HTTP"),
        (LEAST + "[headers]\nx-a = '税'", "printable ASCII"),
        (LEAST + "[success]\nstatus = [410]", "410 cannot be a success"),
        (LEAST + "[success]\nbody = '(?=a)'", "RE2"),
        (LEAST + "[values.status]\na = 'b'", "no such value"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        read_format(text.encode())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"body = ", "not TOML"),
        ("# 中文".encode("gb18030"), "not UTF-8"),
        (b"#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_file_that_is_not_toml_in_utf_8_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        read_format(data)


@pytest.mark.parametrize(
    ("pattern", "chinese"),
    [
        ("a" * 201, "超过 200 个字符"),
        ("a{100000}", "重复次数超过 1000"),
        ("(?=a)", "不是 RE2 支持的正则表达式"),
    ],
)
def test_a_pattern_that_is_refused_is_explained_in_chinese(pattern: str, chinese: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_format(f"{LEAST}[success]\nbody = '{pattern}'\n".encode())
    (error,) = refused.value.errors(include_url=False)
    text = validation_text(error, error["loc"])
    assert chinese in translation(Language.zh).sentence(text)
