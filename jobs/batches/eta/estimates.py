"""How good estimates were: what a batch took, over what was promised at its submission.

One that expired is taken to have taken the time until its deadline: a lower bound.
"""

from __future__ import annotations

from datetime import datetime
from math import inf

# Upper bounds of the histogram's buckets. Below 1 it was done sooner than was promised.
ERROR_BUCKETS = (0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0, inf)


def late(expected_at: datetime | None, deadline: datetime | None) -> bool:
    """Whether a batch is expected after its deadline; None is an end that cannot be foreseen."""
    if deadline is None:
        return False
    return expected_at is None or expected_at > deadline
