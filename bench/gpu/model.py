"""Writes the model that is measured: a published configuration without weights, and a tokenizer.

    python -m bench.gpu.model FOLDER TOKENIZER_FOLDER

The configuration is that of DeepSeek-R1-Distill-Qwen-7B. Speed does not depend on the weights'
values, so vLLM generates them (`--load-format dummy`). The tokenizer is that of another model, with
its vocabulary filled up to the configuration's, so that vLLM can decode every token.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

VOCABULARY = 152_064
CONFIGURATION = {
    "architectures": ["Qwen2ForCausalLM"],
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 3584,
    "initializer_range": 0.02,
    "intermediate_size": 18944,
    "max_position_embeddings": 131072,
    "max_window_layers": 28,
    "model_type": "qwen2",
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-06,
    "rope_theta": 10000,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": VOCABULARY,
}
_TOKENIZER_FILES = ("tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json")


def write_model(folder: Path, tokenizer: Path) -> None:
    """`tokenizer` is a folder with a `tokenizer.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIGURATION, indent=1), "utf-8")
    for name in _TOKENIZER_FILES:
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    text = json.loads((tokenizer / "tokenizer.json").read_text("utf-8"))
    first = 1 + max(
        *text["model"]["vocab"].values(), *(token["id"] for token in text["added_tokens"])
    )
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    for number in range(first, VOCABULARY):
        token = {"id": number, "content": f"<|{number}|>", **plain, "special": False}
        text["added_tokens"].append(token)
    (folder / "tokenizer.json").write_text(json.dumps(text), "utf-8")


if __name__ == "__main__":
    write_model(Path(sys.argv[1]), Path(sys.argv[2]))
