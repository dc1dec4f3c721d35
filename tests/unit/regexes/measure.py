"""`python -m tests.unit.regexes.measure PACKAGE` prints patterns that take too long."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from typing import Any

from tests.unit.regexes.attacks import attacks
from tests.unit.regexes.patterns import Use, uses

FIRST = 4_000
# Where a text of `FIRST` characters takes long. Bounded repetitions have reached their bounds.
SHORT, FOURFOLD = 10_000, 40_000
# The longest texts: cubic time that is short for `FIRST` characters is thousandfold for these.
# More characters also find quadratic time with a small factor.
LONG = int(os.environ.get("CHANCERY_TEST_REGEX_CHARS", "40000"))
# CPU time in which texts of these lengths certainly take no more than linear time.
FIRST_SECONDS, SHORT_SECONDS = 0.005, 0.03
# Of text of four times the length, quadratic time would be sixteenfold; a busy machine alone
# was seen to add three quarters to linear time.
MOST_RATIO = 8.0
MOST_SECONDS_A_CHARACTER = 50e-6


class TooSlow(BaseException):
    """A pattern exceeded its time."""


def stop(*_: Any) -> None:
    raise TooSlow


def seconds(use: Use, begin: str, repeated: str, end: str, length: int) -> float | None:
    """The CPU time for a text of about `length` characters; None if it is exceeded."""
    text: Any = begin + repeated * (length // len(repeated)) + end
    if isinstance(use.pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, 1 + length * MOST_SECONDS_A_CHARACTER)
    try:
        started = time.thread_time()
        if use.anchored:
            use.pattern.match(text)
            use.pattern.fullmatch(text)
        else:
            for _ in use.pattern.finditer(text):
                pass
        spent = time.thread_time() - started
    except TooSlow:
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return spent


def slow(use: Use) -> tuple[str, str, str] | None:
    """The attack that takes more than linear time; None if there is none."""
    slowest, attack = 0.0, None
    for one in attacks(use.pattern):
        spent = seconds(use, *one, FIRST)
        if spent is None or (spent > FIRST_SECONDS and _grows(use, one)):
            return one
        if spent > slowest:
            slowest, attack = spent, one
    if attack is not None and seconds(use, *attack, LONG) is None:
        return attack
    return None


def _grows(use: Use, attack: tuple[str, str, str]) -> bool:
    """Whether the time grows faster than the length, each of three times on a busy machine."""
    shortest = quickest = math.inf
    for _ in range(3):
        short, long = seconds(use, *attack, SHORT), seconds(use, *attack, FOURFOLD)
        if short is None or long is None:
            return True
        shortest, quickest = min(shortest, short), min(quickest, long)
        if shortest <= SHORT_SECONDS or quickest <= MOST_RATIO * shortest:
            return False
    return True


def main() -> None:
    seen = set()
    for use in uses(sys.argv[1]):
        key = use.pattern, use.anchored
        if key not in seen:
            seen.add(key)
            if (attack := slow(use)) is not None:
                print(json.dumps({"where": use.where, "attack": attack}), flush=True)
    print(json.dumps({"patterns": len(seen)}))


if __name__ == "__main__":
    main()
