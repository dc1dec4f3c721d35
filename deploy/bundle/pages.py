"""The documentation as HTML, for machines without a network."""

from __future__ import annotations

import html
import itertools
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from progress import Failed

ROOT_PAGES = ("README.md", "README.zh-CN.md", "CHANGELOG.md")
_STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5;
  font-family: system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #bbb; padding: .3rem .6rem; vertical-align: top; text-align: left; }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto; }
code { background: #f4f4f4; } img { max-width: 100%; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body>
<nav><a href="{up}README.html">Chancery</a> · <a href="{up}README.zh-CN.html">中文</a></nav>
{body}</body>
</html>
"""
_EXTERNAL = re.compile(r"[a-z]+:|//")


def write_pages(root: Path, out: Path) -> int:
    """Write the pages of the checkout `root` and what they link to into `out`; returns how many.

    Links between pages lead to the HTML; other files of the checkout are copied beside the pages.
    Raises `Failed` if a link leads nowhere.
    """
    pages = [*(root / name for name in ROOT_PAGES), *sorted((root / "docs").rglob("*.md"))]
    for page in pages:
        target = out / page.relative_to(root).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_html(page, root, out, pages))
    shutil.copy(out / "README.html", out / "index.html")
    return len(pages)


def _html(page: Path, root: Path, out: Path, pages: Sequence[Path]) -> str:
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(page.read_text())
    for token in tokens:
        for inline in token.children or ():
            _redirect(inline, page, root, out, pages)
    _name_headings(tokens)
    title = next((t.content for t in tokens if t.type == "inline"), page.stem)
    depth = len(page.relative_to(root).parts) - 1
    return _PAGE.format(
        lang="zh" if ".zh" in page.name else "en",
        title=html.escape(re.sub(r"[`*]", "", title)),
        style=_STYLE,
        up="../" * depth,
        body=markdown.renderer.render(tokens, markdown.options, {}),
    )


def _name_headings(tokens: Sequence[Token]) -> None:
    for opening, text in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(text.content))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _redirect(token: Token, page: Path, root: Path, out: Path, pages: Sequence[Path]) -> None:
    attribute = {"link_open": "href", "image": "src"}.get(token.type, "")
    link = str(token.attrGet(attribute) or "")
    if not link or link.startswith("#") or _EXTERNAL.match(link):
        return
    name, _, fragment = link.partition("#")
    target = (page.parent / name).resolve()
    if target in pages:
        token.attrSet(attribute, re.sub(r"\.md$", ".html", name) + (fragment and f"#{fragment}"))
        return
    if not target.is_relative_to(root) or not target.exists():
        raise Failed(f"{page.relative_to(root)} links to {link}, which does not exist")
    copy = out / target.relative_to(root)
    if target.is_dir():
        copy.mkdir(parents=True, exist_ok=True)
        for file in (path for path in target.iterdir() if path.is_file()):
            shutil.copy(file, copy)
    else:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(target, copy)
