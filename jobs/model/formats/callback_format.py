"""The format of a department's callbacks for a receiver that cannot take the JSON event.

The operator writes it as TOML (`docs/integration/callback-formats.md`); it is stored as JSON with
the department's other callback options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)
from pydantic import StringConstraints as Text

from jobs.model.formats.callback_headers import is_header_name, is_header_value, is_reserved_header
from jobs.model.formats.toml_file import read_toml
from tasks.department_tasks.regexes import check_pattern
from tasks.department_tasks.template import names_in, stray_dollar

MOST_FIELDS = 100
MOST_PLACEHOLDERS = 100
MOST_DEPTH = 20
ATTRIBUTE = "@"
OTHERS = "*"
GONE = 410
_PATH = re.compile(r"(?:id|type|timestamp|data(?:\.[^.\s]+)*)")
_XML_PART = r"[^\W\d][\w-]*"
_XML_NAME = re.compile(rf"(?:{_XML_PART}:)?{_XML_PART}")
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:; ?[A-Za-z0-9=_\"-]+)*")


class BodyKind(StrEnum):
    json = "json"
    form = "form"
    xml = "xml"


class Charset(StrEnum):
    utf8 = "UTF-8"
    gb18030 = "GB18030"


_MEDIA_TYPES: Mapping[BodyKind, str] = {
    BodyKind.json: "application/json",
    BodyKind.form: "application/x-www-form-urlencoded",
    BodyKind.xml: "application/xml",
}


def _checked_pattern(pattern: str) -> str:
    check_pattern(pattern)
    return pattern


def _checked_header(name: str) -> str:
    if not is_header_name(name):
        raise ValueError("This is not the name of a header.")
    if is_reserved_header(name):
        raise ValueError("This header is set by Chancery or by HTTP itself.")
    return name


def _checked_header_value(text: str) -> str:
    if not is_header_value(text):
        raise ValueError("The value of a header may have printable ASCII characters only.")
    return text


def _checked_template(template: str) -> str:
    if stray_dollar(template):
        raise ValueError("Write $$ for a dollar, or ${NAME}.")
    for name in names_in(template):
        _checked_path(name)
    return template


def _checked_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(
            "There is no such value: use id, type, timestamp, or one in data, such as data.status."
        )
    return path


def _checked_content_type(text: str) -> str:
    if not _CONTENT_TYPE.fullmatch(text):
        raise ValueError("This is not a media type, such as text/xml; charset=GBK.")
    return text


def _lower(name: Any) -> Any:
    return name.lower() if isinstance(name, str) else name


Pattern = Annotated[str, AfterValidator(_checked_pattern)]
Template = Annotated[str, Text(max_length=2_000), AfterValidator(_checked_template)]
HeaderName = Annotated[str, BeforeValidator(_lower), AfterValidator(_checked_header)]
HeaderValue = Annotated[str, AfterValidator(_checked_header_value)]
ResponseHeader = Annotated[str, BeforeValidator(_lower), Text(pattern=r"^[a-z0-9_.-]{1,100}$")]
Path = Annotated[str, AfterValidator(_checked_path)]
Status = Annotated[int, Field(ge=200, le=599)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeaderPattern(_Strict):
    """A header of the response, and a pattern (RE2) that is searched in its value."""

    name: ResponseHeader
    pattern: Pattern


class Success(_Strict):
    """Which responses are a success: all that is set must be true.

    `status`: the statuses, 200 to 299 if it is None. `body`: a pattern (RE2) that is searched in
    the first 64 KiB of the body.
    """

    status: Annotated[list[Status], Field(min_length=1, max_length=20)] | None = None
    header: HeaderPattern | None = None
    body: Pattern | None = None

    @model_validator(mode="after")
    def _not_gone(self) -> Success:
        if self.status and GONE in self.status:
            raise ValueError("410 cannot be a success: it says that the URL no longer exists.")
        return self


class CallbackFormat(_Strict):
    """How the body of a callback is made from its event.

    `fields`: by the name or dotted path in the body, a constant or a template with `${PATH}` of
    values in the event. `values`: replacements of a value, by its path and its text; `*` replaces
    all others. `root`: the outer element of XML. `content_type`: instead of the usual one with
    `charset`. `headers`: fixed headers, which are not secret.
    """

    body: BodyKind
    charset: Charset = Charset.utf8
    content_type: Annotated[str, AfterValidator(_checked_content_type)] | None = None
    root: str | None = None
    fields: Annotated[
        dict[str, Template | bool | int | FiniteFloat], Field(min_length=1, max_length=MOST_FIELDS)
    ]
    values: Annotated[dict[Path, dict[str, str]], Field(max_length=MOST_FIELDS)] = {}
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=20)] = {}
    success: Success = Success()

    @property
    def media_type(self) -> str:
        """The value of `content-type`."""
        return self.content_type or f"{_MEDIA_TYPES[self.body]}; charset={self.charset}"

    @property
    def targets(self) -> Iterator[tuple[tuple[str, ...], str | bool | int | float]]:
        """The path in the body and the constant or template of each field, in order."""
        for name, template in self.fields.items():
            yield ((name,) if self.body is BodyKind.form else tuple(name.split("."))), template

    @model_validator(mode="after")
    def _consistent(self) -> CallbackFormat:
        if (self.root is not None) != (self.body is BodyKind.xml):
            raise ValueError("`root` is the outer element of an XML body: XML needs it.")
        if self.root is not None and not _XML_NAME.fullmatch(self.root):
            raise ValueError("`root` is not the name of an XML element.")
        templates = (each for each in self.fields.values() if isinstance(each, str))
        if sum(len(names_in(each)) for each in templates) > MOST_PLACEHOLDERS:
            raise ValueError(f"At most {MOST_PLACEHOLDERS} placeholders are allowed.")
        _check_targets([target for target, _ in self.targets], xml=self.body is BodyKind.xml)
        return self


def _check_targets(targets: list[tuple[str, ...]], *, xml: bool) -> None:
    containers = {target[:length] for target in targets for length in range(1, len(target))}
    for target in targets:
        name = ".".join(target)
        if target in containers:
            raise ValueError(f"The field {name} has a value and fields below it.")
        if len(target) > MOST_DEPTH:
            raise ValueError(f"The field {name} is nested deeper than {MOST_DEPTH} levels.")
        if not all(target):
            raise ValueError(f"The field {name!r} has an empty name between its points.")
        if not xml:
            continue
        names = (*target[:-1], target[-1].removeprefix(ATTRIBUTE))
        if not all(map(_XML_NAME.fullmatch, names)):
            raise ValueError(f"The field {name} is not a name of XML elements.")


def read_format(data: bytes) -> CallbackFormat:
    """A format file. Raises `FormatError`, and pydantic's `ValidationError`."""
    return CallbackFormat.model_validate(read_toml(data))
