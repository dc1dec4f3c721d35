"""`dispatch` by examples, by a model, and with arbitrary answers and messages."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.quality import citizens
from bench.quality.laws import of_text
from documents.errors import EmptyDocument
from standin.scripted_engine import Request, ScriptedEngine
from tasks.dispatch import DecidedBy, DispatchResult, Unplaced, dispatch, doubts
from tasks.dispatch.by_model import NOTHING_FITS
from tasks.dispatch.options import DispatchOptions
from tasks.doubts import Doubt
from tasks.engine import Completion, Token
from tasks.errors import EngineRefused, OptionsInvalid, OptionsTooLong, OutputError
from tasks.model.choosing import MOST_CHOICES

TREE = citizens.tree()
IDS = {place.id for place in citizens.PLACES}
LAMP = "新华路的路灯不亮，晚上一片漆黑"
EXAMPLES = [{"text": one.text, "label": one.label} for one in citizens.messages(12, seed=3)]
# More leaves than one question to a model can have.
LARGE = [
    {
        "id": f"unit{unit}",
        "name": f"单位{unit}",
        "children": [{"id": f"{unit}-{leaf}", "name": f"事项{unit}之{leaf}"} for leaf in range(9)],
    }
    for unit in range(5)
]


def chose(letter: str, sure: float = 0.9) -> Completion:
    rest = {other: (1 - sure) / 25 for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if other != letter}
    logprobs = {one: math.log(value) for one, value in {letter: sure, **rest}.items()}
    choice = Token(letter, logprobs[letter], logprobs)
    return Completion(f'{{"label":"{letter}"}}', "stop", (Token('{"label":"', 0.0, {}), choice))


def naming(name: str, sure: float = 0.9) -> Callable[[Request], Completion]:
    """A model that chooses the first line with the name, or else the first line."""

    def answer(request: Request) -> Completion:
        lines = {line[0]: line for line in request.prompt.split("\n") if line[1:3] == ": "}
        found = [key for key, line in lines.items() if name in line]
        return chose(found[0] if found else "A", sure)

    return answer


def silent(_: Request) -> Completion:
    raise AssertionError("the model was asked")


async def placed(
    text: str, answer: Callable[[Request], Any] = silent, **options: Any
) -> DispatchResult:
    given_options = DispatchOptions.model_validate({"tree": TREE, **options})
    return await dispatch(of_text(text), given_options, ScriptedEngine(answer))


async def test_examples_with_high_confidence_decide_without_a_model() -> None:
    result = await placed(LAMP, examples=EXAMPLES)
    assert result.place is not None
    assert (result.place.id, result.by) == ("cg-lamps", DecidedBy.examples)
    assert result.place.names == ["城市管理局", "路灯照明"]
    assert result.confidence >= 0.8
    assert len(result.alternatives) == 3
    assert result.learnt is not None
    assert (result.learnt.examples, result.learnt.places) == (len(EXAMPLES), len(IDS))
    assert result.learnt.accuracy is not None
    assert 0.5 < result.learnt.accuracy <= 1


async def test_the_model_decides_where_the_examples_have_low_confidence() -> None:
    unsure = "想咨询一个问题"
    result = await placed(unsure, naming("供水"), examples=EXAMPLES)
    assert result.place is not None
    assert (result.place.id, result.by) == ("zj-water", DecidedBy.model)
    alone = await placed(unsure, examples=EXAMPLES, method="examples")
    assert alone.by is DecidedBy.examples
    assert alone.confidence < 0.8


@pytest.mark.parametrize("options", [{}, {"examples": EXAMPLES, "method": "model"}])
async def test_the_model_decides_without_examples_or_on_request(options: dict[str, Any]) -> None:
    result = await placed(LAMP, naming("路灯照明", sure=0.7), **options)
    assert result.place is not None
    assert (result.place.id, result.by) == ("cg-lamps", DecidedBy.model)
    assert result.confidence == pytest.approx(0.7 / (0.7 + 0.3 * 15 / 25), abs=1e-3)
    assert (result.learnt is None) == (not options)


async def test_too_few_examples_of_a_leaf_do_not_decide() -> None:
    few = [one for one in EXAMPLES if one["label"] != "cg-lamps"]
    few += [{"text": LAMP, "label": "cg-lamps"}] * 4
    result = await placed(LAMP, naming("占道经营"), examples=few)
    assert result.by is DecidedBy.model
    again = await placed(LAMP, examples=[*few, {"text": LAMP, "label": "cg-lamps"}])
    assert again.by is DecidedBy.examples


async def test_examples_of_a_single_leaf_train_no_classifier() -> None:
    one = [example for example in EXAMPLES if example["label"] == "cg-lamps"]
    with pytest.raises(OptionsInvalid, match="at least two leaves need 5 each, and 1 of 16"):
        await placed(LAMP, examples=one, method="examples")
    assert (await placed(LAMP, naming("路灯照明"), examples=one)).by is DecidedBy.model


async def test_a_message_without_a_known_word_is_unplaced_where_that_is_allowed() -> None:
    strange = "qwerty 12345"
    options: Any = {"examples": EXAMPLES, "method": "examples"}
    result = await placed(strange, allow_unplaced=True, **options)
    assert (result.place, result.unplaced) == (None, Unplaced.nothing_known)
    guess = await placed(strange, **options)
    assert guess.place is not None
    assert guess.unplaced is None
    assert guess.confidence == pytest.approx(1 / len(IDS), abs=1e-3)


async def test_a_message_with_low_confidence_is_unplaced_where_that_is_allowed() -> None:
    options: Any = {"examples": EXAMPLES, "method": "examples", "unplaced_below": 0.999}
    result = await placed("小区", allow_unplaced=True, **options)
    assert (result.place, result.unplaced) == (None, Unplaced.low_confidence)
    assert result.alternatives[0].confidence == result.confidence
    sure = await placed("小区", **options)
    assert sure.place == result.alternatives[0]


async def test_the_model_may_say_that_nothing_fits_only_where_that_is_allowed() -> None:
    engine = ScriptedEngine(naming(NOTHING_FITS))
    options = DispatchOptions.model_validate({"tree": TREE, "allow_unplaced": True})
    result = await dispatch(of_text(LAMP), options, engine)
    assert (result.place, result.unplaced) == (None, Unplaced.nothing_fits)
    assert result.alternatives
    engine = ScriptedEngine(naming(NOTHING_FITS))
    result = await dispatch(of_text(LAMP), DispatchOptions.model_validate({"tree": TREE}), engine)
    assert NOTHING_FITS not in engine.requests[0].prompt
    assert result.place is not None


async def test_a_large_tree_is_descended_and_probabilities_multiply() -> None:
    engine = ScriptedEngine(naming("事项3之7"))
    result = await dispatch(of_text(LAMP), DispatchOptions.model_validate({"tree": LARGE}), engine)
    assert result.place is not None
    assert result.place.id == "3-7"
    assert len(engine.requests) == 2
    first, second = (0.9 / (0.9 + 0.1 * others / 25) for others in (4, 8))
    assert result.confidence == pytest.approx(first * second, abs=1e-3)
    assert "事项3之1" in engine.requests[0].prompt
    assert {one.id.split("-")[0] for one in result.alternatives} == {"3"}


async def test_the_probability_of_each_level_counts() -> None:
    deep = [
        {
            "id": str(top),
            "name": f"局{top}",
            "children": [
                {
                    "id": f"{top}-{unit}",
                    "name": f"处{top}之{unit}",
                    "children": [
                        {"id": f"{top}-{unit}-{leaf}", "name": f"事{top}之{unit}之{leaf}。"}
                        for leaf in range(7)
                    ],
                }
                for unit in range(3)
            ],
        }
        for top in range(2)
    ]

    def answer(request: Request) -> Completion:
        lines = [line for line in request.prompt.split("\n") if line[1:3] == ": "]
        wanted = ("事1之2之5。", "局1 > 处1之2 (", "局1 (")
        return chose(next(line[0] for name in wanted for line in lines if name in line))

    engine = ScriptedEngine(answer)
    result = await dispatch(of_text(LAMP), DispatchOptions.model_validate({"tree": deep}), engine)
    assert result.place is not None
    assert result.place.id == "1-2-5"
    shares = [0.9 / (0.9 + 0.1 * others / 25) for others in (1, 2, 6)]
    assert len(engine.requests) == 3
    assert result.confidence == pytest.approx(math.prod(shares), abs=1e-3)


async def test_many_branches_on_one_level_are_asked_about_in_groups() -> None:
    flat = [{"id": str(number), "name": f"事项{number}。"} for number in range(60)]
    engine = ScriptedEngine(naming("事项41。"))
    result = await dispatch(of_text(LAMP), DispatchOptions.model_validate({"tree": flat}), engine)
    assert result.place is not None
    assert result.place.id == "41"
    assert len(engine.requests) == 4
    assert all(request.schema is not None for request in engine.requests)
    none = ScriptedEngine(naming(NOTHING_FITS))
    options = DispatchOptions.model_validate({"tree": flat, "allow_unplaced": True})
    result = await dispatch(of_text(LAMP), options, none)
    assert result.unplaced is Unplaced.nothing_fits

    def one_group_finds_it(request: Request) -> Completion:
        return naming("事项41。" if "事项41。" in request.prompt else NOTHING_FITS)(request)

    result = await dispatch(of_text(LAMP), options, ScriptedEngine(one_group_finds_it))
    assert result.place is not None
    assert result.place.id == "41"


async def test_with_enough_examples_of_all_leaves_the_model_sees_the_likeliest_ones() -> None:
    words = ["路灯", "垃圾", "停水", "公交", "噪声"]
    examples = [
        {
            "text": f"{words[unit]}第{leaf}{chr(0x4E00 + 40 * unit + leaf)}号",
            "label": f"{unit}-{leaf}",
        }
        for unit in range(5)
        for leaf in range(9)
        for _ in range(5)
    ]
    engine = ScriptedEngine(naming("事项0之4"))
    options = DispatchOptions.model_validate(
        {"tree": LARGE, "examples": examples, "sure_from": 1.0, "alternatives": 20}
    )
    result = await dispatch(of_text("路灯"), options, engine)
    assert result.place is not None
    assert (result.place.id, result.by) == ("0-4", DecidedBy.model)
    assert len(engine.requests) == 1
    assert len(result.alternatives) == MOST_CHOICES - 1
    with_few = options.model_copy(update={"examples": options.examples[1:]})  # type: ignore[index]
    engine = ScriptedEngine(naming("事项0之4"))
    await dispatch(of_text("路灯"), with_few, engine)
    assert len(engine.requests) == 2


async def test_a_long_message_is_asked_about_in_parts() -> None:
    engine = ScriptedEngine(naming("路灯照明"), context_tokens=1_500)
    text = "\n\n".join([LAMP * 10] * 8)
    result = await dispatch(of_text(text), DispatchOptions.model_validate({"tree": TREE}), engine)
    assert len(engine.requests) > 1
    assert result.place is not None
    assert result.place.id == "cg-lamps"
    assert engine.reports == [(0, 1), (1, 1)]


async def test_unusable_input_is_an_error_that_says_so() -> None:
    engine = ScriptedEngine(naming("路灯照明"), context_tokens=300)
    options = DispatchOptions.model_validate({"tree": TREE})
    with pytest.raises(OptionsTooLong):
        await dispatch(of_text(LAMP), options, engine)
    blank = of_text("x")
    with pytest.raises(EmptyDocument):
        await dispatch(type(blank)(" ", (), blank.media_type), options, engine)


def test_a_result_of_the_model_is_doubted_below_a_confidence_and_one_of_examples_never() -> None:
    options = DispatchOptions.model_validate({"tree": TREE, "doubt_below": 0.6})
    example = DispatchResult.model_config["json_schema_extra"]
    assert isinstance(example, dict)
    result = DispatchResult.model_validate(example["example"])
    assert doubts(of_text("x"), options, result) == []
    unsure = result.model_copy(update={"confidence": 0.5})
    assert doubts(of_text("x"), options, unsure) == [Doubt.low_confidence]
    by_examples = unsure.model_copy(update={"by": DecidedBy.examples})
    assert doubts(of_text("x"), options, by_examples) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tree": [{"id": "a", "name": "A"}]}, "at least two leaves"),
        ({"tree": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}, "`tree`, [1]: its id is"),
        ({"tree": TREE, "method": "examples"}, "needs `examples`"),
        (
            {"tree": TREE, "examples": [EXAMPLES[0], {"text": "a", "label": "none"}]},
            "`examples`, [1]: its label is not in the tree",
        ),
        (
            {"tree": TREE, "examples": [{"text": "a", "label": "cg"}]},
            "`examples`, [0]: its label is a node with others below",
        ),
        ({"tree": TREE, "examples": EXAMPLES[:1] * 2_001}, "send them as a document"),
        ({"tree": TREE, "alternatives": 21}, "less than or equal to 20"),
    ],
)
def test_options_that_do_not_hold_together_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DispatchOptions.model_validate(options)
    assert said in str(caught.value)


ANSWERS = st.one_of(
    st.text(max_size=30),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ").map(chose),
    st.sampled_from(["A", "T", "Z", "", "cg-lamps", "none", "a"]).map(
        lambda label: json.dumps({"label": label})
    ),
    st.builds(
        Completion,
        st.sampled_from(['{"label":"A"}', '{"label":"Z"}', '{"label":["A"]}', "[]", "null"]),
        st.just("stop"),
        st.just((Token('{"label":"', 0.0, {}), Token("A", -0.1, {"A": -0.1}))),
    ),
)


@given(
    answers=st.lists(ANSWERS, min_size=1, max_size=4),
    tree=st.sampled_from([TREE, LARGE, LARGE[:2]]),
    allow=st.booleans(),
)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
async def test_whatever_a_model_answers_the_result_is_a_leaf_of_the_tree(
    answers: list[Any], tree: list[dict[str, Any]], *, allow: bool
) -> None:
    leaves = {leaf["id"] for unit in tree for leaf in unit["children"]}
    turn = iter(answers * 20)
    options = DispatchOptions.model_validate(
        {"tree": tree, "allow_unplaced": allow, "alternatives": 20}
    )
    try:
        result = await dispatch(of_text(LAMP), options, ScriptedEngine(lambda _: next(turn)))
    except (OutputError, EngineRefused):  # the latter for want of log-probabilities
        return
    _check(result, leaves, allow=allow)


@given(text=st.text(min_size=1, max_size=80).filter(str.strip), allow=st.booleans())
@settings(deadline=None, max_examples=150)
async def test_whatever_the_message_is_examples_give_a_leaf_of_the_tree(
    text: str, *, allow: bool
) -> None:
    try:
        document = of_text(text)
    except EmptyDocument:
        return
    options = DispatchOptions.model_validate(
        {
            "tree": TREE,
            "examples": EXAMPLES,
            "method": "examples",
            "allow_unplaced": allow,
            "alternatives": 20,
        }
    )
    result = await dispatch(document, options, ScriptedEngine(silent))
    _check(result, IDS, allow=allow)
    listed = ([result.place] if result.place else []) + result.alternatives
    assert sum(one.confidence for one in listed) == pytest.approx(1, abs=1e-2)


def _check(result: DispatchResult, leaves: set[str], *, allow: bool) -> None:
    given_places = [*([result.place] if result.place else []), *result.alternatives]
    ids = [one.id for one in given_places]
    assert set(ids) <= leaves
    assert len(ids) == len(set(ids))
    assert (result.place is None) == (result.unplaced is not None)
    assert allow or result.place is not None
    ranked = [one.confidence for one in given_places]
    assert ranked == sorted(ranked, reverse=True)
    assert result.confidence == (ranked[0] if ranked else 0.0)
