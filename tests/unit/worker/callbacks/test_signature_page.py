"""The code and the test vector in `docs/integration/signature.md`."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.programs import require_program
from worker.callbacks.signing import key_bytes, signed_headers

PAGE = (Path(__file__).parents[4] / "docs" / "integration" / "signature.md").read_text()
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_aW5jb3JyZWN0aW5jb3JyZWN0aW5jbw=="
AT = 1_795_424_409
MOST_LINES = 12

JAVA = """public class Verify {
%s
    public static void main(String[] args) throws Exception {
        for (int i = 0; i < args.length; i += 6)
            System.out.println(verify(args[i], args[i + 1], args[i + 2], args[i + 3],
                java.util.Base64.getDecoder().decode(args[i + 4]), Long.parseLong(args[i + 5])));
    }
}
"""
PYTHON = """%s
import sys
for i in range(1, len(sys.argv), 6):
    secret, id, timestamp, signatures, body, now = sys.argv[i : i + 6]
    print(verify(secret, id, timestamp, signatures, base64.b64decode(body), int(now)))
"""
PHP = """<?php
%s
foreach (array_chunk(array_slice($argv, 1), 6) as [$secret, $id, $timestamp, $signatures, $body, $now])
    echo json_encode(verify($secret, $id, $timestamp, $signatures, base64_decode($body), (int) $now)), "\\n";
"""  # noqa: E501
GO = """package main

import (
\t"crypto/hmac"
\t"crypto/sha256"
\t"encoding/base64"
\t"fmt"
\t"os"
\t"strconv"
\t"strings"
)

%s
func main() {
\tfor i := 1; i < len(os.Args); i += 6 {
\t\tbody, _ := base64.StdEncoding.DecodeString(os.Args[i+4])
\t\tnow, _ := strconv.ParseInt(os.Args[i+5], 10, 64)
\t\tfmt.Println(verify(os.Args[i], os.Args[i+1], os.Args[i+2], os.Args[i+3], body, now))
\t}
}
"""
NODE = """%s
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i += 6) {
  const [secret, id, timestamp, signatures, body, now] = args.slice(i, i + 6);
  console.log(verify(secret, id, timestamp, signatures, Buffer.from(body, "base64"), Number(now)));
}
"""
PROGRAMS = {
    "java": ("java", "Verify.java", JAVA, ("java", "Verify.java")),
    "python": ("python3", "verify.py", PYTHON, ("python3", "verify.py")),
    "php": ("php", "verify.php", PHP, ("php", "verify.php")),
    "go": ("go", "verify.go", GO, ("go", "run", "verify.go")),
    "js": ("node", "verify.mjs", NODE, ("node", "verify.mjs")),
}


def code(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def row(name: str) -> str:
    (value,) = re.findall(rf"^\| {re.escape(name)}[^|]*\| `(.*)` \|$", PAGE, re.MULTILINE)
    return str(value)


def headers(body: bytes, secrets: Sequence[str] = (SECRET,)) -> dict[str, str]:
    return signed_headers(secrets, "evt_1", datetime.fromtimestamp(AT, UTC), body, SECRET)


BODY = row("body (UTF-8)").encode()
SIGNATURE = headers(BODY)["webhook-signature"]

# The arguments of the function in turn, and what it returns.
CASES: Sequence[tuple[str, str, str, bytes, int, bool]] = (
    (SECRET, str(AT), SIGNATURE, BODY, AT, True),
    (SECRET, str(AT), SIGNATURE, BODY, AT + 300, True),
    (SECRET, str(AT), SIGNATURE, BODY, AT + 301, False),
    (SECRET, str(AT), SIGNATURE, BODY, AT - 301, False),
    (SECRET, str(AT), SIGNATURE, BODY + b" ", AT, False),
    (SECRET, str(AT + 1), SIGNATURE, BODY, AT, False),
    (OTHER, str(AT), SIGNATURE, BODY, AT, False),
    (SECRET, str(AT), headers(BODY, (OTHER, SECRET))["webhook-signature"], BODY, AT, True),
    (SECRET, str(AT), headers(BODY, (OTHER,))["webhook-signature"], BODY, AT, False),
    (SECRET, str(AT), SIGNATURE.removeprefix("v1,"), BODY, AT, False),
    (SECRET, str(AT), "", BODY, AT, False),
    (SECRET, str(AT), "v1,", BODY, AT, False),
    (SECRET, "", SIGNATURE, BODY, AT, False),
    (SECRET, "soon", SIGNATURE, BODY, AT, False),
    (SECRET, f"-{AT}", SIGNATURE, BODY, AT, False),
    (SECRET, str(AT), headers(b"{}")["webhook-signature"], b"{}", AT, True),
)


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_code_accepts_chancerys_signatures_and_no_others(language: str, tmp_path: Path) -> None:
    program, name, harness, command = PROGRAMS[language]
    if program != "python3":
        require_program(program)
    (tmp_path / name).write_text(harness.replace("%s", code(language)))
    arguments = [
        part
        for secret, timestamp, signatures, body, now, _ in CASES
        for part in (
            *(secret, "evt_1", timestamp, signatures),
            *(base64.b64encode(body).decode(), str(now)),
        )
    ]
    done = subprocess.run(
        [*command, *arguments],
        cwd=tmp_path,
        env=os.environ | {"GOCACHE": str(tmp_path / "cache"), "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.lower() == "true" for line in done.stdout.split()] == [case[-1] for case in CASES]


@pytest.mark.parametrize("language", [*PROGRAMS, "csharp"])
def test_the_code_is_short(language: str) -> None:
    assert len(code(language).strip().splitlines()) <= MOST_LINES


def test_the_test_vector_is_what_chancery_computes() -> None:
    expected = headers(BODY)
    assert row("secret") == SECRET
    assert row("key, in hexadecimal") == key_bytes(SECRET).hex()
    assert row("`webhook-id`") == expected["webhook-id"]
    assert row("`webhook-timestamp`") == expected["webhook-timestamp"]
    assert row("`webhook-signature`") == expected["webhook-signature"]
    assert row("`webhook-signature-sm3`") == expected["webhook-signature-sm3"]
