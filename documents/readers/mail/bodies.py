"""Text parts of e-mails that are not text as it stands: flowed lines, invitations and reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from documents.readers.mail.headers import body_of, decoded
from documents.readers.text import with_line_feeds
from documents.readers.text.folded import FOLD

_QUOTE = '"'
_PROPERTY = re.compile(r"([A-Za-z-]+)((?:;[^:;\"]+(?:\"[^\"]*\")?)*):(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")
_NAME = re.compile(r"CN=(\"[^\"]*\"|[^;:]*)", re.IGNORECASE)
_ZONE = re.compile(r"TZID=\"?([^\";:]*)", re.IGNORECASE)
# In this order, with the words that calendar programs use.
_SHOWN = {
    "METHOD": "Method",
    "SUMMARY": "Summary",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "DURATION": "Duration",
    "RRULE": "Repeats",
    "LOCATION": "Location",
    "STATUS": "Status",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "DESCRIPTION": "Description",
    "COMMENT": "Comment",
}
_EVENTS = frozenset(("VEVENT", "VTODO", "VJOURNAL"))
_STATUS = frozenset(("message/delivery-status", "message/disposition-notification"))


def plain_text(part: Message, text: str) -> str:
    """The text of a `text/plain` part, with `\\n` line ends and flowed lines joined."""
    text = with_line_feeds(text)
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    deletes_space = str(part.get_param("delsp", "")).lower() == "yes"
    return unflowed(text, deletes_space=deletes_space)


def unflowed(text: str, *, deletes_space: bool) -> str:
    """The paragraphs of `format=flowed` (RFC 3676): a line that ends with a space continues.

    `deletes_space` as the parameter `DelSp`: that space is no part of the text.
    """
    lines: list[str] = []
    flows, depth = False, 0
    for line in text.split("\n"):
        words = line.lstrip(">")
        quotes = len(line) - len(words)
        words = words.removeprefix(" ")
        is_signature = words == "-- "
        if flows and quotes == depth and not is_signature:
            lines[-1] += words
        else:
            lines.append(f"{'>' * quotes} {words}" if quotes else words)
        flows, depth = words.endswith(" ") and not is_signature, quotes
        if flows and deletes_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def inside_of(message: Message) -> list[Message]:
    """The parts directly inside a part; none if it is not made of parts."""
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if message.is_multipart() else []


def blocks_of(part: Message) -> list[str]:
    """The text of a part that is written for programs: an invitation, or a report of delivery."""
    if part.get_content_type() == "text/calendar":
        return list(filter(None, calendar_blocks(body_of(part))))
    return report_blocks(part)


def report_blocks(part: Message) -> list[str]:
    """The groups of fields in a report of delivery or reading (RFC 3464, RFC 8098), else none."""
    if part.get_content_type() not in _STATUS:
        return []
    return [
        "\n".join(f"{name}: {decoded(value)}" for name, value in fields.items())
        for fields in inside_of(part)
        if fields.items()
    ]


def calendar_blocks(text: str) -> Iterator[str]:
    """What a calendar program shows of an invitation (RFC 5545): a block for each entry."""
    method, inside = "", ""
    entry: dict[str, list[str]] = {}
    for line in FOLD.sub("", text).splitlines():
        match = _PROPERTY.fullmatch(line)
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            # Alarms and time zones in an entry are not shown.
            inside = value.upper() if value.upper() in _EVENTS else inside and f"{inside}/"
            entry = {} if value.upper() in _EVENTS else entry
        elif name == "END" and inside:
            if value.upper() in _EVENTS:
                yield _entry({"METHOD": [method], **entry})
                inside = ""
            else:
                inside = inside.removesuffix("/")
        elif name == "METHOD":
            method = value
        elif inside in _EVENTS and name in _SHOWN:
            entry.setdefault(name, []).append(_value(name, parameters, value))


def _entry(entry: dict[str, list[str]]) -> str:
    return "\n".join(
        f"{words}: {value}"
        for name, words in _SHOWN.items()
        for value in entry.get(name, ())
        if value
    )


def _value(name: str, parameters: str, value: str) -> str:
    if name in {"DTSTART", "DTEND", "DUE"}:
        return _date(value, _ZONE.search(parameters))
    if name in {"ORGANIZER", "ATTENDEE"}:
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        person = _NAME.search(parameters)
        return f"{person[1].strip(_QUOTE)} <{address}>" if person else address
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _date(value: str, zone: re.Match[str] | None) -> str:
    match = _DATE.fullmatch(value)
    if match is None:
        return value
    year, month, day, hour, minute, utc = match.groups()
    time = f" {hour}:{minute}" if hour else ""
    where = " UTC" if utc else f" ({zone[1]})" if zone and hour else ""
    return f"{year}-{month}-{day}{time}{where}"
