"""docs/accelerators.md names every member that a request to an engine may have."""

from __future__ import annotations

import re
from pathlib import Path

from worker.engine.requests.request import PARAMETERS

PAGE = Path(__file__).parents[4] / "docs/accelerators.md"
# The members of the prompt that `worker/engine/session.py` and `reasoning.py` add.
PROMPT = {
    *("messages", "max_tokens", "response_format", "logprobs", "top_logprobs"),
    "chat_template_kwargs",
}


def test_the_page_names_every_member_of_a_request() -> None:
    table = re.search(r"\| member .*?\n\n", PAGE.read_text(), re.DOTALL)
    assert table
    cells = [row.split("|")[1] for row in table[0].splitlines()[2:] if row]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named - {"json_schema"} == PARAMETERS | PROMPT
