"""Whether a model fits into the memory of GPUs, by arithmetic, and with which flags of vLLM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GIB = 1024**3
# What vLLM takes of each card; the rest is for the driver and other processes.
MEMORY_SHARE = 0.9
# On each card beside weights and cache: CUDA's context, activations of a step, CUDA graphs.
# An estimate: vLLM measures it at its start, and lowers nothing by itself.
OVERHEAD = 3 * GIB
SMALLEST_CONTEXT = 4_096
# A longer context is taken only where it is asked for: each request may then fill the cache.
USUAL_CONTEXT = 32_768
_STEP = 1_024
_CACHE_BYTES = 2  # bfloat16


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    memory: int  # bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """What the memory of a model depends on. `latent`: the width of the compressed cache of
    DeepSeek's attention (MLA), which every card has whole; None for ordinary attention.
    """

    weights: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    context: int
    latent: int | None = None

    def divides(self, cards: int) -> bool:
        """Whether vLLM can divide the model among so many cards (tensor parallelism)."""
        kv = self.kv_heads
        whole = self.latent is not None or kv % cards == 0 or cards % kv == 0
        return self.heads % cards == 0 and whole

    def cache_per_token(self, cards: int) -> int:
        """The bytes of one token's cache on each of `cards` cards."""
        if self.latent is not None:
            return self.layers * self.latent * _CACHE_BYTES
        on_card = max(1, -(-self.kv_heads // cards))
        return 2 * self.layers * on_card * self.head_size * _CACHE_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start vLLM. `cache`: the tokens that fit into the cache, of all requests together."""

    cards: int
    context: int
    cache: int


class DoesNotFit(Exception):
    """The model does not fit; the text has the arithmetic and what to change."""


def shape_of(config: Mapping[str, Any], weights: int) -> Shape:
    """From a model's `config.json`. Raises `ValueError` where it lacks a size."""
    text = config.get("text_config")
    config = text if isinstance(text, Mapping) else config
    heads = _size(config, "num_attention_heads")
    latent = config.get("kv_lora_rank")
    return Shape(
        weights=weights,
        layers=_size(config, "num_hidden_layers"),
        heads=heads,
        kv_heads=_size(config, "num_key_value_heads", heads),
        head_size=_size(config, "head_dim", _size(config, "hidden_size") // heads),
        context=_size(config, "max_position_embeddings"),
        latent=int(latent) + _size(config, "qk_rope_head_dim") if latent else None,
    )


def plan(shape: Shape, cards: Sequence[Card], context: int | None = None) -> Plan:
    """The most cards that the model's heads can be divided among, and the context that fits.

    `context`: the length that is asked for; None: 32,768 tokens, or what the model or the memory
    allows. Raises `DoesNotFit`.
    """
    number = max(count for count in range(1, len(cards) + 1) if shape.divides(count))
    smallest = min(card.memory for card in cards)
    room = _room(shape, smallest, number)
    cache = max(0, room) // shape.cache_per_token(number)
    wanted = min(context or USUAL_CONTEXT, shape.context)
    fits = min(wanted, cache // _STEP * _STEP)
    if fits < min(wanted if context else SMALLEST_CONTEXT, shape.context):
        raise DoesNotFit(_advice(shape, cards, number, wanted if context else SMALLEST_CONTEXT))
    return Plan(cards=number, context=fits, cache=cache)


def _room(shape: Shape, memory: int, cards: int) -> int:
    """The bytes that remain on a card for the cache; negative if the weights do not fit."""
    return int(memory * MEMORY_SHARE) - shape.weights // cards - OVERHEAD


def _advice(shape: Shape, cards: Sequence[Card], number: int, context: int) -> str:
    memory = min(card.memory for card in cards)
    cache = shape.cache_per_token(number) * context
    needed = shape.weights // number + OVERHEAD + cache
    text = (
        f"the model does not fit: {gib(shape.weights)} of weights on {number} cards are "
        f"{gib(shape.weights // number)} each, with {gib(OVERHEAD)} of working memory and "
        f"{gib(cache)} for {context:,} tokens of context; vLLM takes {MEMORY_SHARE:.0%} of a "
        f"card's {gib(memory)}, which is {gib(int(memory * MEMORY_SHARE))}, and {gib(needed)} "
        "are needed."
    )
    shorter = max(0, _room(shape, memory, number)) // shape.cache_per_token(number) // _STEP * _STEP
    if shorter >= SMALLEST_CONTEXT:
        return f"{text} Ask for a shorter context: {shorter:,} tokens fit"
    more = next(
        (
            count
            for count in range(number + 1, shape.heads + 1)
            if shape.divides(count)
            and _room(shape, memory, count) >= shape.cache_per_token(count) * SMALLEST_CONTEXT
        ),
        None,
    )
    needs = f"Use {more} such cards, a" if more else "Use larger cards, a"
    return f"{text} {needs} quantized version of the model (AWQ, FP8), or a smaller one"


def _size(config: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = config.get(name)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"config.json has no {name}")
    return value


def gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
