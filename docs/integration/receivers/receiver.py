"""Receives Chancery's callbacks: Python's standard library, no packages.

CHANCERY_CALLBACK_SECRET=whsec_... python3 receiver.py 9000
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["CHANCERY_CALLBACK_SECRET"].removeprefix("whsec_"))
TOLERANCE_SECONDS = 300
MAX_BYTES = 1024 * 1024
seen = set()  # keep the ids in your database, in the transaction that stores the event


def is_genuine(event_id, timestamp, signatures, body):
    if not timestamp.isascii() or not timestamp.isdigit():
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    # After a change of the secret there are two signatures.
    return any(hmac.compare_digest(expected, each) for each in signatures.split(" "))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(self.status())
        self.send_header("content-length", "0")
        self.end_headers()

    def status(self):
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BYTES:
            return 413
        body = self.rfile.read(length)
        event_id = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        if not is_genuine(event_id, timestamp, self.headers.get("webhook-signature", ""), body):
            return 401
        if event_id not in seen:
            event = json.loads(body)
            # Store the event here, and process it after the answer.
            print(event_id, event["type"], event["data"]["id"], flush=True)
            seen.add(event_id)
        return 204

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
