"""A department's receiver in a container that writes each request unchanged to a folder.

`python receiver.py PORT FOLDER`. Uses only the standard library.
"""

from __future__ import annotations

import base64
import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[2])
COUNT = itertools.count()


class Receiver(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        received = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": base64.b64encode(body).decode(),
        }
        path = FOLDER / f"{next(COUNT)}.json"
        path.with_suffix(".part").write_text(json.dumps(received))
        path.with_suffix(".part").rename(path)
        self._answer()

    def _answer(self) -> None:
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", int(sys.argv[1])), Receiver)
    server.serve_forever()
