"""Places in HTML, e-mail, Markdown, plain text and RTF."""

from __future__ import annotations

import base64
import gzip
import quopri
from collections.abc import Callable, Mapping
from functools import partial

from bench.quality.leaks.docx_file import docx, picture
from bench.quality.leaks.place import Place, zipped
from bench.quality.leaks.values import filled
from bench.quality.leaks.xlsx_file import xlsx
from bench.quality.leaks.xlsx_places import SHEETS

_TITLE = "关于做好防汛工作的通知"


def html(value: str, head: str = "", body: str = "", tag: str = "") -> bytes:
    page = (
        f'<!DOCTYPE html><html {tag}><head><meta charset="utf-8"><title>通知</title>{head}</head>'
        f"<body><h1>{_TITLE}</h1>{body}</body></html>"
    )
    return filled(page, value).encode()


HTML: Mapping[str, Mapping[str, str]] = {
    "text": {"body": "<p>{v}</p>"},
    "text split by a tag": {"body": "<p>{a}<b>{b}</b></p>"},
    "text split by a comment": {"body": "<p>{a}<!-- x -->{b}</p>"},
    "text of references": {"body": "<p>{references}</p>"},
    "full-width text": {"body": "<p>{wide}</p>"},
    "text with zero-width spaces": {"body": "<p>{zero_width}</p>"},
    "hidden text": {"body": '<p style="display:none">{v}</p>'},
    "title": {"head": "<title>{v}</title>"},
    "description": {"head": '<meta name="description" content="{v}">'},
    "comment": {"body": "<!-- {v} -->"},
    "conditional comment": {"body": "<!--[if mso]><p>{v}</p><![endif]-->"},
    "script": {"body": '<script>var who = "{v}";</script>'},
    "script with escapes": {"body": '<script>var who = "{escapes}";</script>'},
    "script that joins texts": {"body": '<script>var who = "{a}" + "{b}";</script>'},
    "style sheet": {"head": '<style>p::after { content: "{v}" }</style>'},
    "data in JSON": {"body": '<script type="application/json">{"who": "{v}"}</script>'},
    "target of a link": {"body": '<a href="http://a.example/?q={v}">甲</a>'},
    "target of a link, percent-encoded": {
        "body": '<a href="http://a.example/?q={percent_all}">甲</a>'
    },
    "target of a link, percent-encoded GBK": {
        "body": '<a href="http://a.example/?q={percent_gbk}">甲</a>'
    },
    "target of a link, Base64": {"body": '<a href="data:text/plain;base64,{base64}">甲</a>'},
    "alternative text": {"body": '<img src="i.png" alt="{v}">'},
    "tip": {"body": '<span title="{v}">甲</span>'},
    "value of a field": {"body": '<form><input value="{v}"></form>'},
    "value of a hidden field": {"body": '<form><input type="hidden" value="{v}"></form>'},
    "hint of a field": {"body": '<form><input placeholder="{v}"></form>'},
    "text of a form": {"body": "<form><textarea>{v}</textarea></form>"},
    "option": {"body": '<select><option value="{v}">甲</option></select>'},
    "label of a group": {
        "body": '<select><optgroup label="{v}"><option>甲</option></optgroup></select>'
    },
    "data attribute": {"body": '<p data-who="{v}">甲</p>'},
    "name of a class": {"body": '<p class="c-{v}">甲</p>'},
    "event": {"body": "<p onclick=\"show('{v}')\">甲</p>"},
    "frame": {"body": '<iframe srcdoc="&lt;p&gt;{v}&lt;/p&gt;"></iframe>'},
    "text without scripts": {"body": "<noscript>{v}</noscript>"},
    "template": {"body": "<template><p>{v}</p></template>"},
    "drawing": {"body": "<svg><title>{v}</title><text>甲</text></svg>"},
    "attribute of the root": {"tag": 'data-x="{v}"'},
    "unknown element": {"body": "<who>{v}</who>"},
}


def _page_with_picture(value: str) -> bytes:
    data = base64.b64encode(picture("png", value)).decode()
    return html("", body=f'<img src="data:image/png;base64,{data}">')


def _page_in_gbk(value: str) -> bytes:
    page = html(value, body="<p>{v}</p>").decode().replace("utf-8", "gb18030")
    return page.encode("gb18030")


def mail(
    value: str,
    *,
    headers: str = "",
    body: str = "正文",
    kind: str = "text/plain; charset=utf-8",
    coding: str = "8bit",
) -> bytes:
    """A message of one part, or of several parts in `body` with the boundary `=_b`."""
    lines = (
        f"From: a@b.example\nTo: c@d.example\n{headers}Date: Mon, 01 Jun 2026 08:00:00 +0800\n"
        f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {coding}\n\n"
    )
    return (filled(lines, value) + filled(body, value)).encode()


def _word(value: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(value.encode(charset)).decode()}?="


def _header(value: str, name: str) -> bytes:
    text = value if value.isascii() else _word(value)
    return mail("", headers=f"{name}: {text}\n")


def _encoded(value: str, way: str) -> bytes:
    data = f"{_TITLE}。\n{value}\n".encode()
    text = base64.encodebytes(data) if way == "base64" else quopri.encodestring(data)
    return mail("", body=text.decode(), coding=way)


def _in_gbk(value: str) -> bytes:
    text = base64.encodebytes(f"号码：{value}".encode("gb18030")).decode()
    return mail("", body=text, kind="text/plain; charset=gb18030", coding="base64")


def multipart(*parts: str, before: str = "", after: str = "") -> str:
    return before + "".join(f"--=_b\n{part}\n" for part in parts) + "--=_b--\n" + after


_MIXED = 'multipart/mixed; boundary="=_b"'
_PLAIN = "Content-Type: text/plain; charset=utf-8\n\n正文"


def attached(value: str, data: Callable[[str], bytes], name: str, kind: str) -> bytes:
    text = base64.encodebytes(data(value)).decode()
    part = (
        f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{text}"
    )
    return mail("", body=multipart(_PLAIN, part), kind=_MIXED)


def _nested(value: str) -> bytes:
    inner = mail(value, body="{v}").decode()
    part = f"Content-Type: message/rfc822\n\n{inner}"
    return mail("", body=multipart(_PLAIN, part), kind=_MIXED)


def _parts(value: str, *parts: str, kind: str = _MIXED, before: str = "", after: str = "") -> bytes:
    return mail(value, body=multipart(*parts, before=before, after=after), kind=kind)


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARAGRAPH = "<w:p><w:r><w:t>{v}</w:t></w:r></w:p>"
_ALTERNATIVE = 'multipart/alternative; boundary="=_b"'
_PAGE = "Content-Type: text/html; charset=utf-8\n\n"

MAIL: Mapping[str, Callable[[str], bytes]] = {
    **{
        f"header {name}": partial(_header, name=name)
        for name in (
            "Subject",
            "Cc",
            "Bcc",
            "Reply-To",
            "X-Original",
            "Comments",
            "Keywords",
            "Organization",
            "Message-ID",
            "References",
            "Received",
        )
    },
    "name of a sender": lambda value: mail("", headers=f"Sender: {_word(value)} <a@b.example>\n"),
    "header in GBK": lambda value: mail("", headers=f"Subject: {_word(value, 'gb18030')}\n"),
    "folded header": lambda value: mail(
        value,
        headers="Subject: {a}\n {b}\n"
        if value.isascii()
        else f"Subject: {_word(value[:1])}\n {_word(value[1:])}\n",
    ),
    "text": partial(mail, body="{v}"),
    "text in Base64": partial(_encoded, way="base64"),
    "text, quoted-printable": partial(_encoded, way="quoted-printable"),
    "text in GBK": _in_gbk,
    "page": lambda value: _parts(value, _PLAIN, _PAGE + "<p>{v}</p>"),
    "page beside another text": lambda value: _parts(
        value, _PLAIN, _PAGE + "<p>{v}</p>", kind=_ALTERNATIVE
    ),
    "text beside a page": lambda value: _parts(
        value, _PLAIN.replace("正文", "{v}"), _PAGE + "<p>甲</p>", kind=_ALTERNATIVE
    ),
    "before the first part": lambda value: _parts(value, _PLAIN, before="{v}\n"),
    "after the last part": lambda value: _parts(value, _PLAIN, after="{v}\n"),
    "header of a part": lambda value: _parts(value, "Content-Description: {v}\n" + _PLAIN),
    "name of an attachment": lambda value: _parts(
        value, _PLAIN, 'Content-Type: text/plain; name="{v}.txt"\n\n甲'
    ),
    "name of an attachment, percent-encoded": lambda value: _parts(
        value,
        _PLAIN,
        "Content-Type: text/plain\nContent-Disposition: attachment; "
        "filename*=utf-8''{percent_all}.txt\n\n甲",
    ),
    "attached text": partial(
        attached, data=str.encode, name="a.txt", kind="text/plain; charset=utf-8"
    ),
    "attached DOCX": partial(
        attached, data=lambda value: docx(value, _PARAGRAPH), name="a.docx", kind=_DOCX
    ),
    "attached XLSX": partial(
        attached,
        data=lambda value: xlsx(value, **SHEETS["text of a cell"]),
        name="a.xlsx",
        kind=_XLSX,
    ),
    "attached picture": partial(
        attached, data=lambda value: picture("png", value), name="a.png", kind="image/png"
    ),
    "attached zip": partial(
        attached,
        data=lambda value: zipped({"a.txt": value.encode()}),
        name="a.zip",
        kind="application/zip",
    ),
    "attached gzip": partial(
        attached,
        data=lambda value: gzip.compress(value.encode()),
        name="a.gz",
        kind="application/gzip",
    ),
    "attached unknown bytes": partial(
        attached,
        data=lambda value: b"\x00\xff" + value.encode("utf-16-le"),
        name="a.dat",
        kind="application/octet-stream",
    ),
    "attached calendar": partial(
        attached,
        data=lambda value: f"BEGIN:VCALENDAR\nSUMMARY:{value}\nEND:VCALENDAR".encode(),
        name="a.ics",
        kind="text/calendar; charset=utf-8",
    ),
    "attached message": _nested,
}


def _rtf(value: str, group: str = "") -> bytes:
    def coded(text: str) -> str:
        units = text.encode("utf-16-le")
        numbers = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
        return "".join(f"\\u{one - 65536 if one > 32767 else one}?" for one in numbers)

    return (
        f"{{\\rtf1\\ansi{group.replace('%s', coded(value))}\\pard {coded(_TITLE)}\\par}}".encode()
    )


RTF: Mapping[str, str] = {
    "text": "\\pard %s\\par",
    "hidden text": "\\pard {\\v %s}\\par",
    "author": "{\\info{\\author %s}}",
    "document variable": "{\\*\\docvar {n}{%s}}",
    "unknown group": "{\\*\\unknown %s}",
}
TEXT: Mapping[str, str] = {
    "text": "{v}",
    "full-width text": "{wide}",
    "spaced text": "号码：{v}",
    "text with zero-width spaces": "{zero_width}",
    "text over two lines": "号码：{a}\n{b}",
}
MARKDOWN: Mapping[str, str] = {
    "text": "{v}",
    "emphasis within": "{a}**{b}**",
    "target of a link": "[甲](http://a.example/?q={percent_all})",
    "title of a link": '[甲](http://a.example "{v}")',
    "reference": "[x]: http://a.example '{v}'",
    "comment": "<!-- {v} -->",
    "attribute of HTML": '<span title="{v}">甲</span>',
    "code": "```\n{v}\n```",
    "front matter": "甲",
    "references": "{references}",
}


def _text(value: str, template: str, before: str = "") -> bytes:
    return filled(f"{before}{_TITLE}\n\n{template}\n", value).encode()


def places() -> list[Place]:
    found = [Place("HTML", name, partial(html, **given)) for name, given in HTML.items()]
    found += [
        Place("HTML", "text in GBK", _page_in_gbk),
        Place("HTML", "text in a picture", _page_with_picture),
    ]
    found += [Place("e-mail", name, build) for name, build in MAIL.items()]
    found += [Place("text", name, partial(_text, template=one)) for name, one in TEXT.items()]
    found += [
        Place(
            "Markdown",
            name,
            partial(
                _text,
                template=one,
                before="---\nwho: {v}\n---\n# " if name == "front matter" else "# ",
            ),
        )
        for name, one in MARKDOWN.items()
    ]
    found += [
        Place("text", f"text in {name}", partial(_coded, encoding=name))
        for name in ("gb18030", "utf-16", "utf-8-sig")
    ]
    return found


def rtf_places() -> list[Place]:
    """RTF is read by LibreOffice only."""
    return [Place("RTF", name, partial(_rtf, group=group)) for name, group in RTF.items()]


def _coded(value: str, encoding: str) -> bytes:
    return f"{_TITLE}\n{value}\n".encode(encoding)
