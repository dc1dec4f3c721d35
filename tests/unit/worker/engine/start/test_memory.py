"""The arithmetic of memory, against the published configurations of models."""

from __future__ import annotations

from typing import Any

import pytest

from worker.engine.start.memory import GIB, Card, DoesNotFit, Shape, plan, shape_of

QWEN_7B = {
    "hidden_size": 3584,
    "max_position_embeddings": 131_072,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
}
QWEN_32B = QWEN_7B | {
    "hidden_size": 5120,
    "num_attention_heads": 40,
    "num_hidden_layers": 64,
    "num_key_value_heads": 8,
}
LLAMA_70B = QWEN_7B | {
    "head_dim": 128,
    "hidden_size": 8192,
    "num_attention_heads": 64,
    "num_hidden_layers": 80,
    "num_key_value_heads": 8,
}
V3 = {
    "hidden_size": 7168,
    "kv_lora_rank": 512,
    "max_position_embeddings": 163_840,
    "num_attention_heads": 128,
    "num_hidden_layers": 61,
    "num_key_value_heads": 128,
    "qk_rope_head_dim": 64,
}
# The sizes of the published weights, in bytes: bfloat16, and FP8 for V3.
R1_QWEN_7B = shape_of(QWEN_7B, 15_231_271_864)
R1_QWEN_32B = shape_of(QWEN_32B, 65_527_840_024)
R1_LLAMA_70B = shape_of(LLAMA_70B, 141_107_497_872)
R1 = shape_of(V3, 688_586_727_753)


def cards(number: int, mib: int) -> list[Card]:
    return [Card("NVIDIA", mib * 1024**2)] * number


@pytest.mark.parametrize(
    ("shape", "has", "used", "context"),
    [
        (R1_QWEN_7B, cards(1, 24_564), 1, 32_768),
        (R1_QWEN_7B, cards(2, 16_376), 2, 32_768),
        # Its 28 heads cannot be divided among 8 cards, nor its 4 heads of keys among 7.
        (R1_QWEN_7B, cards(8, 81_559), 4, 32_768),
        (R1_QWEN_32B, cards(1, 81_559), 1, 30_720),
        (R1_QWEN_32B, cards(2, 49_140), 2, 32_768),
        (R1_LLAMA_70B, cards(2, 81_559), 2, 19_456),
        (R1_LLAMA_70B, cards(4, 81_559), 4, 32_768),
        (R1, cards(8, 143_771), 8, 32_768),
    ],
)
def test_published_models_fit_with_this_context(
    shape: Shape, has: list[Card], used: int, context: int
) -> None:
    found = plan(shape, has)
    assert (found.cards, found.context) == (used, context)
    assert found.cache >= context


@pytest.mark.parametrize(
    ("shape", "has", "advice"),
    [
        (R1_QWEN_7B, cards(1, 16_376), "Use 2 such cards, a quantized version"),
        (R1_LLAMA_70B, cards(1, 81_559), "Use 2 such cards"),
        (R1, cards(8, 81_559), "Use 16 such cards"),
        (R1_LLAMA_70B, cards(1, 6_000), "smaller one"),
    ],
)
def test_what_does_not_fit_says_what_would(shape: Shape, has: list[Card], advice: str) -> None:
    with pytest.raises(DoesNotFit, match=advice):
        plan(shape, has)


def test_a_context_that_is_asked_for_fits_or_is_refused_with_the_one_that_does() -> None:
    assert plan(R1_QWEN_7B, cards(1, 24_564), 65_536).context == 65_536
    with pytest.raises(DoesNotFit, match=r"Ask for a shorter context: \d+,\d+ tokens fit"):
        plan(R1_QWEN_7B, cards(1, 24_564), 131_072)


def test_the_latent_cache_of_deepseek_v3_is_whole_on_each_card() -> None:
    assert R1.cache_per_token(1) == R1.cache_per_token(8) == 61 * (512 + 64) * 2
    assert R1_QWEN_7B.cache_per_token(1) == 4 * R1_QWEN_7B.cache_per_token(4)
    assert R1_QWEN_7B.cache_per_token(4) == R1_QWEN_7B.cache_per_token(28)


@pytest.mark.parametrize(
    "broken", [{}, QWEN_7B | {"num_hidden_layers": "28"}, {**QWEN_7B, "hidden_size": 0}]
)
def test_a_configuration_without_a_size_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"config\.json has no"):
        shape_of(broken, GIB)
