from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from standin.scripted_engine import Request, ScriptedEngine
from tasks.classify import ClassifyOptions, classify
from tasks.engine import Completion, Token
from tasks.errors import EngineRefused, OutputError
from tasks.model.choosing import letter_logprobs
from tests.unit.tasks.documents import document

OPTIONS = ClassifyOptions.model_validate(
    {"labels": [{"name": "tax"}, {"name": "streets", "description": "lamps"}, {"name": "permits"}]}
)
LAMP = document("The lamp is broken.")


def token(text: str, **top: float) -> Token:
    return Token(text, math.log(top.get(text, 0.5)), {t: math.log(p) for t, p in top.items()})


def completion(*tokens: Token, text: str | None = None) -> Completion:
    return Completion(text or "".join(one.text for one in tokens), "stop", tokens)


def chose(**top: float) -> Completion:
    letter = max(top, key=lambda one: top[one])
    return completion(
        token('{"'), token("label"), token('":'), token(' "'), token(letter, **top), token('"}')
    )


async def test_confidence_is_the_probability_among_the_labels() -> None:
    engine = ScriptedEngine(lambda _: chose(B=0.6, A=0.2, C=0.1, X=0.1))
    result = await classify(LAMP, OPTIONS, engine)
    assert result.label == "streets"
    assert result.confidence == pytest.approx(0.6 / 0.9)
    assert [choice.label for choice in result.alternatives] == ["tax", "permits"]
    total = result.confidence + sum(choice.confidence for choice in result.alternatives)
    assert total == pytest.approx(1)
    assert engine.requests[0].top_logprobs == 20
    assert "B: streets - lamps" in engine.requests[0].prompt


@pytest.mark.parametrize(
    "tokens",
    [
        [token('{"label":"'), token("B", B=0.5, A=0.5), token('"}')],
        [token('{"label": '), Token('"B', -0.7, {'"B': -0.7, '"A': -0.7}), token('"}')],
        [token('{ "label" : "'), Token('B"', -0.7, {'B"': -0.7, 'A"': -0.7}), token("}")],
        [token('{"label":'), Token(' "B"}', -0.7, {' "B"}': -0.7, ' "A"}': -0.7})],
        [
            token('<think>maybe {"label": "A"}'),
            token("</think>"),
            token('{"label":"'),
            token("B", B=0.5, A=0.5),
            token('"}'),
        ],
    ],
)
def test_the_letter_is_found_however_the_answer_is_cut_into_tokens(tokens: list[Token]) -> None:
    logprobs = letter_logprobs(tokens, "label", "AB")
    assert logprobs == pytest.approx({"A": math.log(0.5), "B": math.log(0.5)})


def test_ways_of_writing_one_letter_count_together() -> None:
    tokens = [token('{"label":"'), token("A", A=0.2, B=0.4, **{" A": 0.4}), token('"}')]
    assert math.exp(letter_logprobs(tokens, "label", "AB")["A"]) == pytest.approx(0.6)


def test_a_letter_without_a_token_gets_less_than_the_least_likely_one() -> None:
    tokens = [token('{"label":"'), token("A", A=0.7, x=0.01), token('"}')]
    logprobs = letter_logprobs(tokens, "label", "ABC")
    assert logprobs["B"] == logprobs["C"] < math.log(0.01)


async def test_parts_of_a_long_document_count_by_their_length() -> None:
    def answer(request: Request) -> Completion:
        return chose(A=0.9, B=0.05, C=0.05) if "tax" in _text(request) else chose(B=0.9, A=0.1)

    source = document(*["The tax bill is wrong. " * 20] * 8, "The lamp is broken. " * 20)
    engine = ScriptedEngine(answer, context_tokens=700)
    result = await classify(source, OPTIONS, engine)
    assert len(engine.requests) > 2
    assert result.label == "tax"
    assert engine.reports[-1] == (len(engine.requests), len(engine.requests))


def _text(request: Request) -> str:
    return request.prompt.split("</document>")[0]


@pytest.mark.parametrize("text", ['{"label": "Z"}', "{}", "[]", "B", '{"label": ["B"]}'])
async def test_an_answer_without_a_label_is_an_output_error(text: str) -> None:
    with pytest.raises(OutputError):
        await classify(LAMP, OPTIONS, ScriptedEngine(lambda _: text))


async def test_an_engine_without_log_probabilities_is_an_error_that_says_so() -> None:
    with pytest.raises(EngineRefused, match="max-logprobs"):
        await classify(LAMP, OPTIONS, ScriptedEngine(lambda _: {"label": "A"}))


@pytest.mark.parametrize(
    "labels",
    [
        [{"name": "a"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": str(number)} for number in range(21)],
        [{"name": ""}, {"name": "b"}],
    ],
)
def test_labels_are_two_to_twenty_with_unique_names(labels: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        ClassifyOptions.model_validate({"labels": labels})
