"""The models that Chancery knows, by family: whether they reason, and how that is switched.

A model is recognized by the name that its publisher gives it, in the engine's `root` (a folder or
a repository) or in the name that it is served as. docs/models.md shows this table and its sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Reasons(StrEnum):
    """Whether a model writes its reasoning before its answer."""

    never = "never"
    always = "always"
    # A variable of the chat template decides.
    switched = "switched"


@dataclass(frozen=True, slots=True)
class Family:
    """`pattern` is searched in the model's name in lower case; the first family that has it counts.

    `switch` is the variable of the chat template, `parser` the value of vLLM's
    `--reasoning-parser`. `temperature` and `top_p` are what the publisher recommends for reasoning:
    without randomness, these models repeat themselves. `context` is in tokens.
    """

    name: str
    pattern: str
    reasons: Reasons
    parser: str | None = None
    switch: str | None = None
    temperature: float = 0.0
    top_p: float | None = None
    context: int | None = None


_R1 = Family(
    "DeepSeek-R1",
    r"deepseek-r1",
    Reasons.always,
    parser="deepseek_r1",
    temperature=0.6,
    top_p=0.95,
    context=163_840,
)

FAMILIES = (
    replace(_R1, name="DeepSeek-R1 distillations", pattern=r"r1.*distill", context=131_072),
    _R1,
    Family(
        "DeepSeek-V3.1 and V3.2",
        r"deepseek-v3\.[12]",
        Reasons.switched,
        parser="deepseek_v3",
        switch="thinking",
        temperature=0.6,
        top_p=0.95,
        context=163_840,
    ),
    Family("DeepSeek-V3", r"deepseek-v3(?!\.)", Reasons.never, context=163_840),
    Family("DeepSeek-V2 and V2.5", r"deepseek-(coder-)?v2", Reasons.never, context=163_840),
    replace(_R1, name="QwQ", pattern=r"qwq", context=131_072),
    Family(
        "Qwen3 Thinking",
        r"qwen3.*thinking",
        Reasons.always,
        parser="qwen3",
        temperature=0.6,
        top_p=0.95,
        context=262_144,
    ),
    Family("Qwen3 Instruct", r"qwen3.*(instruct|coder)", Reasons.never, context=262_144),
    Family(
        "Qwen3",
        r"qwen3",
        Reasons.switched,
        parser="qwen3",
        switch="enable_thinking",
        temperature=0.6,
        top_p=0.95,
        context=40_960,
    ),
    Family(
        "GLM-4.5 and 4.6",
        r"glm-4\.[56]",
        Reasons.switched,
        parser="glm45",
        switch="enable_thinking",
        temperature=0.6,
        top_p=0.95,
        context=131_072,
    ),
    Family("Qwen2 and Qwen2.5", r"qwen-?2", Reasons.never, context=32_768),
    Family("Llama 3", r"llama-?3", Reasons.never, context=131_072),
    Family("SmolLM2", r"smollm2", Reasons.never, context=8_192),
)


def family_of(*names: str | None) -> Family | None:
    """The family of a model by its names, the most exact one first; None if none is known.

    Of a path only its last part counts.
    """
    for name in names:
        last = (name or "").rstrip("/").rsplit("/", 1)[-1].lower()
        for family in FAMILIES:
            if re.search(family.pattern, last):
                return family
    return None
