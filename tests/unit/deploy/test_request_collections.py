"""The files in docs/integration/collections are those that the api's OpenAPI document gives."""

from __future__ import annotations

from pathlib import Path

from api.app import AppSettings, create_app
from deploy.request_collections import collections

FOLDER = Path(__file__).parents[3] / "docs/integration/collections"


def test_the_collections_are_up_to_date() -> None:
    expected = collections(create_app(AppSettings()).openapi())
    found = {
        str(path.relative_to(FOLDER)): path.read_text()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.name not in {"README.md", "README.zh-CN.md"}
    }
    # `make collections` writes them.
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []
