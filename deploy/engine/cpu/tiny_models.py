"""Tiny models of two architectures with random weights, for tests without a real model.

`Qwen2ForCausalLM` is the architecture of DeepSeek's distilled models, `DeepseekV3ForCausalLM` that
of R1 and V3. Each model has a configuration and the tokenizer of SmolLM2; vLLM generates the
weights (`--load-format dummy`). One that is named as a model that reasons also has the tokens
`<think>` and `</think>`, and a chat template that begins each answer with the first of them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)

COMMON: dict[str, Any] = {
    "hidden_act": "silu",
    "hidden_size": 64,
    "initializer_range": 0.02,
    "num_hidden_layers": 2,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "torch_dtype": "float32",
    "use_cache": True,
}

QWEN2: dict[str, Any] = {
    **COMMON,
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "intermediate_size": 128,
    "max_position_embeddings": 4096,
    # vLLM's attention on the CPU requires a head size of at least 32.
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "tie_word_embeddings": True,
}

DEEPSEEK_V3: dict[str, Any] = {
    **COMMON,
    "architectures": ["DeepseekV3ForCausalLM"],
    "model_type": "deepseek_v3",
    "first_k_dense_replace": 1,
    "intermediate_size": 128,
    "kv_lora_rank": 512,
    "max_position_embeddings": 4096,
    "moe_intermediate_size": 64,
    "moe_layer_freq": 1,
    "n_group": 1,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "norm_topk_prob": True,
    "num_attention_heads": 4,
    "num_experts_per_tok": 2,
    "num_key_value_heads": 4,
    "num_nextn_predict_layers": 0,
    "q_lora_rank": 32,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "routed_scaling_factor": 1.0,
    "scoring_func": "sigmoid",
    "tie_word_embeddings": False,
    "topk_group": 1,
    "topk_method": "noaux_tc",
    "v_head_dim": 128,
}

REASONER = "tiny-deepseek-r1-distill-qwen2"
MODELS = {"tiny-qwen2": QWEN2, "tiny-deepseek-v3": DEEPSEEK_V3, REASONER: QWEN2}
THINK_TOKENS = ("<think>", "</think>")
# vLLM pads the vocabulary to a multiple of 64.
ADDED_TOKENS = 64


def write(folder: Path, config: dict[str, Any], smollm2: Path) -> None:
    """Write the model `folder` from `config` and the tokenizer files in `smollm2`."""
    source = json.loads((smollm2 / "config.json").read_text())
    tokens = {name: source[name] for name in ("vocab_size", "bos_token_id", "eos_token_id")}
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        if (smollm2 / name).exists():
            shutil.copyfile(smollm2 / name, folder / name)
    if folder.name == REASONER:
        _add_think_tokens(folder, tokens["vocab_size"])
        tokens["vocab_size"] += ADDED_TOKENS
    (folder / "config.json").write_text(json.dumps(config | tokens, indent=2) + "\n")


def _add_think_tokens(folder: Path, first: int) -> None:
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    for number, token in enumerate(THINK_TOKENS, start=first):
        tokenizer["added_tokens"].append(
            {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": False,
            }
        )
    path.write_text(json.dumps(tokenizer, ensure_ascii=False))
    template = folder / "chat_template.jinja"
    begin = "{% if add_generation_prompt %}{{ '" + THINK_TOKENS[0] + "\\n' }}{% endif %}"
    template.write_text(template.read_text() + begin)
