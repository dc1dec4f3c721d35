"""Finds the role of each paragraph of an official document from its text and position.

Formatting is not used, because the rules check it; only a letterhead is recognised by its colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.official_layout.formatting import is_black
from tasks.official_layout.kinds import Kind, kind_of_title
from tasks.official_layout.paragraphs import Paragraph

_HEAD = 20
_LONGEST_TITLE = 120
_LONGEST_LINE = 60

ISSUE_NUMBER = re.compile(
    r"(?P<code>[\u3400-\u9fff]{1,20}?)(?P<gap1>\s*+)(?P<open>[〔\[［(（【〖{])\s*+(?P<year>\d{2}|\d{4})\s*+"
    r"(?P<close>[〕\]］)）】〗}])(?P<gap2>\s*+)(?P<ordinal>第?)(?P<gap3>\s*+)(?P<number>\d{1,5})"
    r"(?P<gap4>\s*+)(?P<end>号?)"
)
SIGNED_BY = re.compile(r"签\s*发\s*人\s*[：:]")
DATE = re.compile(
    r"(?:(?P<year>\d{4}|\d{2}|[〇○零Ｏ一二三四五六七八九]{4})\s*年\s*"
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月\s*"
    r"(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})\s*日"
    r"|(?P<year2>\d{4}|\d{2})(?P<mark>[-－./／．])(?P<month2>\d{1,2})(?P=mark)(?P<day2>\d{1,2}))"
)
ATTACHMENT_NOTE = re.compile(r"附\s*件\s*[：:]\s*|附\s*[：:]\s*|附\s*件\s*(?=(?:1|一)\s*[.．、])")
ATTACHMENT_ITEM = re.compile(r"(?P<number>\d{1,2})\s*(?P<mark>[.．、，,])\s*")
_ATTACHMENT_MARK = re.compile(r"附\s*+件\s*+(?P<number>\d{0,2})\s*+[：:]?")
_COPIES = re.compile(r"抄\s*送\s*[：:]")
_PRINTED = re.compile(
    r"\d{4}\s{0,8}年.{0,60}日\s{0,8}印\s{0,8}发$"
    r"|.{2,30}\s\d{4}\s{0,8}年\s{0,8}\d{1,2}\s{0,8}月\s{0,8}\d{1,2}\s{0,8}日$"
)
_NOTE = re.compile(r"[（(].{2,60}[）)]")
_CLASSIFIED = re.compile(r"(?:绝密|机密|秘密|特急|加急|平急|特提)(?:★.{0,10})?|\d{6}")
_BODY_START = re.compile(
    r"[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[）)]|\d{1,2}[.．、]|根据|为|按照|经"
)
_ORGANISATION = re.compile(
    r"(?:政府|委员会|党委|党组|常委会|大会|委|局|厅|部|司|处|科|办|室|单位|机构|部门|中心|院|会|集团|公司|"
    r"企业|学校|大学|街道|乡|镇|社|所|站|馆|队|联|行|台|团体|组织|同志)(?:[（(][^（）()]*[）)])?$"
)


@dataclass(slots=True)
class Roles:
    """The paragraphs of each part; empty or None where the document has no such part.

    `text` is headings and body: everything between the recipient and the attachment note, the
    signature or the date. `title` may have several lines.
    """

    kind: Kind | None = None
    issue_number: Paragraph | None = None
    signed_by: Paragraph | None = None
    title: list[Paragraph] = field(default_factory=list)
    recipient: Paragraph | None = None
    text: list[Paragraph] = field(default_factory=list)
    attachment_note: list[Paragraph] = field(default_factory=list)
    signature: Paragraph | None = None
    date: Paragraph | None = None
    note: Paragraph | None = None
    attachment_marks: list[Paragraph] = field(default_factory=list)
    copies: Paragraph | None = None
    printed: Paragraph | None = None

    @property
    def title_words(self) -> str:
        return "".join(paragraph.words for paragraph in self.title)


def find_roles(paragraphs: Sequence[Paragraph]) -> Roles:
    roles = Roles()
    shown = [paragraph for paragraph in paragraphs if paragraph.words]
    after_head = _read_head(shown, roles)
    after_title = _read_title(shown, after_head, paragraphs, roles)
    roles.kind = kind_of_title(roles.title_words)
    start = _read_recipient(shown, after_title, roles)
    end = _read_end(shown, start, roles)
    roles.text = _without_note(shown[start:end], roles)
    return roles


def _read_head(shown: Sequence[Paragraph], roles: Roles) -> int:
    """Reads the letterhead: up to the issue number, or the coloured lines. Returns its end."""
    after = 0
    for index, paragraph in enumerate(shown[:_HEAD]):
        words = paragraph.words
        number = ISSUE_NUMBER.match(words)
        rest = words[number.end() :].strip() if number else ""
        if number and (not rest or SIGNED_BY.match(rest)):
            roles.issue_number, after = paragraph, index + 1
            roles.signed_by = paragraph if rest else roles.signed_by
        elif SIGNED_BY.match(words):
            roles.signed_by, after = paragraph, index + 1
        elif after == index and (
            _CLASSIFIED.fullmatch(words)
            or (roles.issue_number is None and _is_letterhead(paragraph))
        ):
            after = index + 1
    return after


def _is_letterhead(paragraph: Paragraph) -> bool:
    coloured = not any(is_black(run.format) for run in paragraph.runs)
    return coloured and kind_of_title(paragraph.words) is None


def _read_title(
    shown: Sequence[Paragraph], start: int, paragraphs: Sequence[Paragraph], roles: Roles
) -> int:
    """Reads the lines that end with a kind, else the first possible title. Returns its end."""
    for index in range(start, min(len(shown), start + 6)):
        words = shown[index].words
        if len(words) <= _LONGEST_TITLE and kind_of_title(words) and "如下" not in words:
            first = _first_line(shown, start, index, paragraphs)
            roles.title = list(shown[first : index + 1])
            return index + 1
        if words.endswith(("：", ":", "。")):
            break  # the recipient, or the text
    for index in range(start, min(len(shown), start + 3)):
        last = index
        while last < len(shown) and _may_be_title(shown, index, last, paragraphs):
            last += 1
        if last > index:
            roles.title = list(shown[index:last])
            return last
    return start


def _may_be_title(
    shown: Sequence[Paragraph], first: int, at: int, paragraphs: Sequence[Paragraph]
) -> bool:
    """Whether the line is short, does not end a sentence, and follows the first one directly."""
    words = shown[at].words
    if at - first > 2 or len(words) > _LONGEST_LINE or words.endswith(("：", ":", "。")):
        return False
    return not any(one.blank for one in paragraphs[shown[first].index : shown[at].index])


def _first_line(
    shown: Sequence[Paragraph], start: int, last: int, paragraphs: Sequence[Paragraph]
) -> int:
    first = last
    while first > start and first > last - 3:
        before = shown[first - 1]
        touching = all(
            not paragraph.blank for paragraph in paragraphs[before.index : shown[first].index]
        )
        if not touching or before.words.endswith(("文件", "：", ":", "。")):
            break
        first -= 1
    return first


def _read_recipient(shown: Sequence[Paragraph], start: int, roles: Roles) -> int:
    index = start
    # The date of adoption by a meeting may follow the title in brackets.
    while index < len(shown) and _NOTE.fullmatch(shown[index].words):
        index += 1
    if index < len(shown) and _is_recipient(shown[index].words):
        roles.recipient = shown[index]
        return index + 1
    return index


def _is_recipient(words: str) -> bool:
    bare = words.rstrip("：:。，,；;、")
    if "。" in bare or len(bare) > 200 or _BODY_START.match(words) or "如下" in bare:
        return False
    if DATE.fullmatch(bare) or ATTACHMENT_NOTE.match(words):
        return False
    names = [name for name in re.split(r"[，,、；;]|和(?=[各全])", bare) if name]
    ends = [bool(_ORGANISATION.search(name)) for name in names]
    return bool(ends) and ends[-1] and sum(ends) * 2 > len(ends)


def _read_end(shown: Sequence[Paragraph], start: int, roles: Roles) -> int:
    """Reads the date, the signature and what follows them. Returns the end of the text."""
    end = len(shown)
    for index in range(start + 1, len(shown)):
        words = shown[index].words
        if DATE.fullmatch(words):
            roles.date, end = shown[index], index
            break
        if _ATTACHMENT_MARK.fullmatch(words) or _COPIES.match(words):
            end = index
            break
    after = end + 1 if roles.date else end
    _read_back(shown[after:], roles)
    if end > start + 1 and _is_signature(shown[end - 1], roles):
        roles.signature = shown[end - 1]
        end -= 1
    return end


def _is_signature(paragraph: Paragraph, roles: Roles) -> bool:
    words = paragraph.words
    if len(words) > 40 or words.endswith(("。", "：", ":", "；")) or _BODY_START.match(words):
        return False
    if ATTACHMENT_NOTE.match(words) or ATTACHMENT_ITEM.match(words):
        return False
    return roles.date is not None or bool(_ORGANISATION.search(words))


def _read_back(shown: Sequence[Paragraph], roles: Roles) -> None:
    for index, paragraph in enumerate(shown):
        words = paragraph.words
        if index == 0 and _NOTE.fullmatch(words):
            roles.note = paragraph
        elif _ATTACHMENT_MARK.fullmatch(words):
            roles.attachment_marks.append(paragraph)
        elif _COPIES.match(words):
            roles.copies = paragraph
        elif roles.printed is None and _PRINTED.search(words):
            roles.printed = paragraph


def _without_note(text: Sequence[Paragraph], roles: Roles) -> list[Paragraph]:
    """Moves the attachment note at the end of `text` to its role. Returns the rest."""
    for index in range(len(text) - 1, max(len(text) - 30, -1), -1):
        if ATTACHMENT_NOTE.match(text[index].words):
            roles.attachment_note = list(text[index:])
            return list(text[:index])
    return list(text)
