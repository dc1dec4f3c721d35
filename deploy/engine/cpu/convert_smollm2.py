"""Convert the GGUF file of SmolLM2-135M-Instruct into a model folder for vLLM.

Run with the engine environment's Python: `python convert_smollm2.py FILE.gguf FOLDER`. Takes about
a minute and 1.3 GB of memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.quantization_config import GgufConfig


def convert(gguf: Path, folder: Path) -> None:
    """Write bfloat16 weights, configuration, tokenizer and chat template to `folder`."""
    source = {"gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
        **source,
    )
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, **source).save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
