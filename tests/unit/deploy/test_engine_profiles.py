"""The profiles of docker-compose.yml fit the cards that they are named for, by arithmetic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.worker.engine.start.test_memory import LLAMA_70B, QWEN_7B, QWEN_32B, cards
from worker.engine.model.models import Reasons, family_of
from worker.engine.start.memory import plan, shape_of

ROOT = Path(__file__).parents[3]
PROFILES = sorted((ROOT / "deploy/docker/profiles").glob("*.env"))
CARDS = {
    "24gb": cards(1, 24_564),
    "48gb": cards(1, 46_068),
    "80gb": cards(1, 81_559),
    "8x80gb": cards(8, 81_559),
}
QWEN_14B = QWEN_32B | {"num_hidden_layers": 48}
# With the sizes of the published weights, in bytes.
MODELS = {
    "DeepSeek-R1-Distill-Qwen-7B": shape_of(QWEN_7B, 15_231_271_864),
    "DeepSeek-R1-Distill-Qwen-14B": shape_of(QWEN_14B, 29_540_133_872),
    "DeepSeek-R1-Distill-Qwen-32B": shape_of(QWEN_32B, 65_527_840_024),
    "DeepSeek-R1-Distill-Llama-70B": shape_of(LLAMA_70B, 141_107_497_872),
}


def settings_of(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_there_is_a_profile_for_each_size_of_cards() -> None:
    assert {path.stem for path in PROFILES} == set(CARDS)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_its_model_fits_its_cards_with_the_documented_context(path: Path) -> None:
    settings, has = settings_of(path), CARDS[path.stem]
    model = settings["CHANCERY_MODEL"]
    assert settings["CHANCERY_MODEL_REPOSITORY"] == f"deepseek-ai/{model}"
    assert int(settings["CHANCERY_GPUS"]) == len(has)
    found = plan(MODELS[model], has)
    assert found.cards == len(has)
    page = (ROOT / "docs/models.md").read_text("utf-8")
    row = rf"\| {re.escape(model)} \| ([\d,]+) \| `deploy/docker/profiles/{path.stem}\.env` \|"
    documented = re.search(row, page)
    assert documented
    assert documented[1] == f"{found.context:,}"
    family = family_of(model)
    assert family
    assert family.reasons is Reasons.always


def test_compose_starts_the_engine_only_after_its_check() -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert "engine-check: {condition: service_completed_successfully}" in compose
    for name in ("CHANCERY_MODEL", "CHANCERY_GPUS", "CHANCERY_MODEL_REPOSITORY"):
        assert f"${{{name}:-" in compose
