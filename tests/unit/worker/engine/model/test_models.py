"""The families of models, by the names that their publishers and operators give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.engine.model.models import FAMILIES, Reasons, family_of


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-R1 distillations"),
        ("/models/DeepSeek-R1-Distill-Llama-70B/", "DeepSeek-R1 distillations"),
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "DeepSeek-R1"),
        ("deepseek-ai/DeepSeek-R1-0528", "DeepSeek-R1"),
        ("deepseek-ai/DeepSeek-V3", "DeepSeek-V3"),
        ("deepseek-ai/DeepSeek-V3-0324", "DeepSeek-V3"),
        ("deepseek-ai/DeepSeek-V3.1-Terminus", "DeepSeek-V3.1 and V3.2"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "DeepSeek-V3.1 and V3.2"),
        ("Qwen/QwQ-32B", "QwQ"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "Qwen3 Thinking"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "Qwen3 Instruct"),
        ("Qwen/Qwen3-8B", "Qwen3"),
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen2 and Qwen2.5"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama 3"),
        ("SmolLM2-135M-Instruct", "SmolLM2"),
    ],
)
def test_a_model_is_known_by_its_name(name: str, family: str) -> None:
    known = family_of(name)
    assert known
    assert known.name == family


def test_the_root_counts_before_the_served_name_and_a_folder_above_it_does_not() -> None:
    known = family_of("/srv/deepseek-r1/Qwen2.5-7B-Instruct", "deepseek-r1")
    assert known
    assert known.name == "Qwen2 and Qwen2.5"
    by_served_name = family_of("/models/current", "DeepSeek-V3")
    assert by_served_name
    assert by_served_name.name == "DeepSeek-V3"
    assert family_of("/models/current", None) is None


def test_a_model_that_may_reason_has_a_parser_and_a_switch_where_it_is_switched() -> None:
    for family in FAMILIES:
        assert bool(family.parser) == (family.reasons is not Reasons.never), family.name
        assert bool(family.switch) == (family.reasons is Reasons.switched), family.name


def test_the_documented_table_is_the_one_in_the_code() -> None:
    text = Path("docs/models.md").read_text()
    for family in FAMILIES:
        cells = (
            family.name,
            family.reasons.value,
            f"`{family.switch}`" if family.switch else "",
            f"`{family.parser}`" if family.parser else "",
            f"{family.temperature:g}, {family.top_p:g}" if family.top_p else "",
            f"{family.context:,}" if family.context else "",
        )
        row = "| " + " | ".join(cells) + " |"
        assert " ".join(row.split()) in {" ".join(line.split()) for line in text.splitlines()}, row
