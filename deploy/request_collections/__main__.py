"""`python -m deploy.request_collections FOLDER` writes the collections into FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from api.app import AppSettings, create_app
from deploy.request_collections import collections


def main() -> None:
    folder = Path(sys.argv[1])
    for name, text in collections(create_app(AppSettings()).openapi()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="\n")


if __name__ == "__main__":
    main()
