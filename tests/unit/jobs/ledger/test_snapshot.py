"""How the answer to `SYNC` is read."""

from __future__ import annotations

import io

import pytest

from jobs.ledger.server.snapshot import SnapshotFailed, SnapshotRefused, receive_snapshot

DATA = b"REDIS0011" + bytes(range(256)) * 3
MARK = b"0123456789abcdef0123456789abcdef01234567"


def received(answer: bytes, piece: int) -> bytes:
    """What is written of an answer that arrives in pieces of so many bytes."""
    source, file = io.BytesIO(answer), io.BytesIO()

    def receive(most: int) -> bytes:
        data = source.read(min(most, piece))
        if not data:
            raise SnapshotFailed("the connection was closed")
        return data

    receive_snapshot(receive, file)
    return file.getvalue()


@pytest.mark.parametrize("piece", [1, 7, 39, 40, 41, 10_000])
def test_data_with_a_length_and_with_a_mark_are_read_up_to_their_end(piece: int) -> None:
    later = b"*1\r\n$4\r\nPING\r\n"
    assert received(b"\n\n$%d\r\n%b%b" % (len(DATA), DATA, later), piece) == DATA
    assert received(b"\n$EOF:%b\r\n%b%b%b" % (MARK, DATA, MARK, later), piece) == DATA


@pytest.mark.parametrize("answer", [b"$900\r\n" + DATA, b"$EOF:" + MARK + b"\r\n" + DATA, b"\n\n"])
def test_an_answer_that_is_cut_short_is_no_snapshot(answer: bytes) -> None:
    with pytest.raises(SnapshotFailed, match="closed"):
        received(answer, 100)


def test_what_the_server_answers_instead_is_the_reason() -> None:
    with pytest.raises(SnapshotRefused, match="NOPERM User mine"):
        received(b"-NOPERM User mine has no permissions to run the 'sync' command\r\n", 10)
    with pytest.raises(SnapshotFailed, match=r"^NOMASTERLINK"):
        received(b"-NOMASTERLINK Can't SYNC while not connected with my master\r\n", 10)
