"""The documentation as HTML: every link and anchor leads somewhere inside the bundle."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import build
import pytest
from pages import write_pages
from progress import Failed


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.anchors = list[str](), set[str]()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in {"href", "src"} and not value.startswith(("http", "mailto:")):
                self.links.append(unquote(value))
            elif value and name == "id":
                self.anchors.add(value)


def test_every_link_of_the_pages_has_a_target(tmp_path: Path) -> None:
    assert write_pages(build.ROOT, tmp_path) > 50
    pages = {path: Page(path) for path in tmp_path.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.exists() or (anchor and anchor not in pages[target].anchors):
                dead.append(f"{path.relative_to(tmp_path)}: {link}")
    assert dead == []
    assert "<table>" in (tmp_path / "docs" / "settings.html").read_text()


def test_a_dead_link_is_an_error(tmp_path: Path) -> None:
    root = tmp_path.resolve() / "checkout"
    (root / "docs").mkdir(parents=True)
    for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md"):
        (root / name).write_text("# Title\n[a](docs/missing.md)\n")
    with pytest.raises(Failed, match=r"README.md links to docs/missing\.md"):
        write_pages(root, tmp_path / "html")
