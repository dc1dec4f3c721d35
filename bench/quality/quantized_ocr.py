"""The network of 8-bit integers that reads the lines that are easy to read.

    uv run --with onnx python -m bench.quality.quantized_ocr

writes `documents/ocr/quick_lines.onnx` from the network in RapidOCR's wheel, and prints its
SHA-256. Run it again when the wheel has another network. Nothing else needs the package onnx.
The ranges of activations are measured on drawn lines, and differ in the last digits between
processors, so the file is kept and not built on each machine.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter
from onnxruntime.quantization import (
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from rapidocr.ch_ppocr_rec import TextRecognizer

from bench.quality.pages import LAW, Font, find_font, law_paragraphs
from documents.ocr.engine import EXACT, rapid_ocr
from documents.ocr.quick import NETWORK, SOURCE, recognizer

_LINES = 80
_FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC")
_LAWS = (LAW, LAW.with_name("行政处罚法(2021-01-22).md"))
_LEAST_ASPECT = 320 / 48  # of a line, with its padding
_OPSET = 20  # the first with GELU, which is then one operation
_OPERATIONS = ["Conv", "Gemm", "Concat", "MaxPool", "AveragePool", "Add", "Relu"]
_COLUMN = 120  # values of a column before the last product

Pixels = npt.NDArray[np.uint8]


def lines(count: int, seed: int = 7) -> Iterator[tuple[str, Pixels]]:
    """Drawn lines of law text, rare characters and numbers, clean and with defects."""
    chance, noise = random.Random(seed), np.random.default_rng(seed)
    fonts = [find_font([name]) for name in _FONTS]
    law = "".join("".join(law_paragraphs(path)) for path in _LAWS)
    characters = _exact().postprocess_op.character
    rare = [char for char in characters if len(char) == 1 and "\u4e00" <= char <= "\u9fff"]
    for _ in range(count):
        length = chance.choice((2, 3, 5, 8, 12, 16, 20, 24, 28, 36, 44))
        start = chance.randrange(len(law) - length)
        text = chance.choices(
            (
                law[start : start + length],
                "".join(chance.choices(rare, k=length)),
                "".join(chance.choices("0123456789-./:年月日ABCDEFGXabcdefgh元（）", k=length)),
            ),
            (60, 20, 20),
        )[0]
        yield text, _drawn(text, chance.choice(fonts), chance, noise)


def _drawn(text: str, font: Font, chance: random.Random, noise: np.random.Generator) -> Pixels:
    size = chance.choice((16, 20, 24, 30, 36, 44, 56))
    face = ImageFont.truetype(font.path, size, index=font.index)
    paper, ink = chance.choice((250, 255, 235, 215)), chance.choice((25, 0, 60, 90))
    height = round(size * chance.uniform(1.25, 1.7))
    picture = Image.new("L", (round(face.getlength(text)) + size, height), paper)
    ImageDraw.Draw(picture).text((size * 0.3, height / 2), text, font=face, fill=ink, anchor="lm")
    if chance.random() < 0.4:
        angle = chance.uniform(-1, 1)
        picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=paper)
    if chance.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.2)))
    gray: npt.NDArray[np.floating] = np.asarray(picture, dtype=np.float32)
    if chance.random() < 0.5:
        gray = gray + noise.normal(0, chance.uniform(5, 60), gray.shape)
    return np.stack([gray.clip(0, 255).astype(np.uint8)] * 3, -1)


@cache
def _exact() -> TextRecognizer:
    return recognizer(rapid_ocr().cfg, EXACT)


class _Lines:
    """The input of the network for each line, as a `CalibrationDataReader`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines = lines(_LINES)

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        for _, crop in self._lines:
            height, width = crop.shape[:2]
            aspect = max(width / height, _LEAST_ASPECT)
            return {self._name: _exact().resize_norm_img(crop, aspect)[np.newaxis]}
        return None


def _with_one_head(model: onnx.ModelProto) -> onnx.ModelProto:
    """Make the last product and its addition one operation on two axes, before the softmax.

    Its biases then stay integers of 32 bits in the quantized network.
    """
    graph = model.graph
    biases = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    product, addition, softmax = list(graph.node)[-3:]
    if [product.op_type, addition.op_type, softmax.op_type] != ["MatMul", "Add", "Softmax"]:
        raise SystemExit("The network does not end as PP-OCRv6 small does.")
    (bias,) = [biases[name] for name in addition.input if name in biases]
    for node in (product, addition, softmax):
        graph.node.remove(node)
    rows = np.array([-1, _COLUMN], np.int64)
    graph.initializer.append(numpy_helper.from_array(rows, "head_rows"))
    graph.initializer.append(numpy_helper.from_array(bias.ravel(), "head_bias"))
    values = ["head_input", product.input[1], "head_bias"]
    graph.node.extend(
        [
            helper.make_node("Reshape", [product.input[0], "head_rows"], ["head_input"]),
            helper.make_node("Gemm", values, ["head_output"], name="head"),
            helper.make_node("Softmax", ["head_output"], ["probabilities"], axis=1),
        ]
    )
    del graph.output[:]
    shape = ("columns", bias.size)
    graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, shape))
    return model


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.onnx"
        original = onnx.load(str(EXACT))
        model = version_converter.convert_version(original, _OPSET)
        onnx.save(model, str(path))
        quant_pre_process(str(path), str(path), skip_symbolic_shape=True)
        model = _with_one_head(onnx.load(str(path)))
        del model.graph.value_info[:]
        onnx.save(model, str(path))
        quantize_static(
            str(path),
            str(NETWORK),
            _Lines(model.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,  # 7 bits: sums of products of 8 bits saturate without VNNI
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=_OPERATIONS,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
    quantized = onnx.load(str(NETWORK))
    # RapidOCR reads the characters of a network from its properties.
    properties = {one.key: one.value for one in original.metadata_props}
    properties[SOURCE] = hashlib.sha256(EXACT.read_bytes()).hexdigest()
    helper.set_model_props(quantized, properties)
    onnx.save(quantized, str(NETWORK))
    print(hashlib.sha256(NETWORK.read_bytes()).hexdigest(), NETWORK)


if __name__ == "__main__":
    main()
