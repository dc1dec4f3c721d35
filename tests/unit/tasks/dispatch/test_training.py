"""Reading trees and examples, and training on them."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bench.quality import citizens
from bench.quality.laws import LIMITS, of_text
from standin.direct_source import read_with_source
from tasks.dispatch import centroids as centroids_module
from tasks.dispatch import training
from tasks.dispatch.calibration import Classifier, calibration_error, train
from tasks.dispatch.centroids import MOST_ADDED, Centroids, TooManyValues, grams, packed_centroids
from tasks.dispatch.examples import Example
from tasks.dispatch.rows import rows
from tasks.dispatch.training import TrainedTree, TrainingCache
from tasks.dispatch.tree import DEEPEST, InvalidTree, Node, Tree
from tasks.errors import OptionsInvalid
from tasks.references import DocumentRef

TREE = citizens.tree()
MESSAGES = citizens.messages(8, seed=4)


def tree(*nodes: dict[str, Any]) -> Tree:
    return Tree([Node.model_validate({"name": node["id"].upper(), **node}) for node in nodes])


def reference(path: Path, data: str | bytes) -> DocumentRef:
    """A reference to an uploaded document, read as a worker reads it."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    given_reference = DocumentRef(document_id="doc_1")
    given_reference.give(read_with_source(path, LIMITS)[0])
    return given_reference


def workbook(path: Path, table: list[list[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for line in table:
        book.active.append(line)
    book.save(path)
    return path.read_bytes()


def test_a_flat_tree_equals_the_nested_one() -> None:
    flat = tree(
        {"id": "lamps", "parent": "city"},
        {"id": "city"},
        {"id": "water"},
        {"id": "tap", "parent": "water"},
    )
    nested = tree(
        {"id": "city", "children": [{"id": "lamps", "name": "LAMPS"}]},
        {"id": "water", "children": [{"id": "tap", "name": "TAP"}]},
    )
    for one in (flat, nested):
        assert [leaf.names for leaf in one.leaves] == [("CITY", "LAMPS"), ("WATER", "TAP")]
        assert [leaf.number for leaf in one.leaves] == [0, 1]
        assert "city" in one
        assert one.numbers == {"lamps": 0, "tap": 1}


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([{"id": "a"}, {"id": "b"}, {"id": "a"}], r"\[2\]: its id is also that of \[0\]"),
        (
            [{"id": "a", "children": [{"id": "a", "name": "n"}]}, {"id": "b"}],
            r"\[0\].children\[0\]: its id is also that of \[0\]",
        ),
        (
            [{"id": "a", "parent": "x"}, {"id": "b"}],
            r"\[0\]: its `parent` is not the id of any node",
        ),
        ([{"id": "a", "parent": "a"}, {"id": "b"}], r"\[0\]: its parents lead back"),
        (
            [{"id": "z"}, {"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}],
            r"\[1\]: its parents lead back",
        ),
        # The cycle is not the node's own.
        (
            [{"id": "c", "parent": "a"}, {"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}],
            "below level 8|lead back",
        ),
        (
            [{"id": "a", "children": [{"id": "b", "name": "n", "parent": "a"}]}],
            r"children\[0\]: it has a `parent` and is in `children`",
        ),
        ([{"id": "a"}], "at least two leaves"),
        ([], "at least two leaves"),
        (
            [{"id": "n0"}, *({"id": f"n{at}", "parent": f"n{at - 1}"} for at in range(1, 12))],
            r"\[8\]: it is below level 8",
        ),
    ],
)
def test_an_invalid_tree_says_where(nodes: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(InvalidTree, match=said):
        tree(*nodes)


def test_a_tree_that_is_nested_too_deeply_says_where() -> None:
    node: dict[str, Any] = {"id": "x0", "name": "n"}
    for level in range(1, DEEPEST + 1):
        node = {"id": f"x{level}", "name": "n", "children": [node]}
    with pytest.raises(InvalidTree, match="below level 8"):
        tree(node, {"id": "other"})


@given(
    st.lists(st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 12))), max_size=14)
)
def test_any_list_of_nodes_is_a_tree_with_each_leaf_once_or_says_what_is_wrong(
    pairs: list[tuple[int, int | None]],
) -> None:
    nodes = [
        {"id": str(node), "parent": None if parent is None else str(parent)}
        for node, parent in pairs
    ]
    try:
        made = tree(*nodes)
    except InvalidTree:
        return
    parents = {node["parent"] for node in nodes}
    assert {leaf.node.id for leaf in made.leaves} == {
        node["id"] for node in nodes if node["id"] not in parents
    }


JSON_TREE = json.dumps(TREE, ensure_ascii=False)
FLAT = [["id", "name", "parent", "keywords", "own column"]] + [
    row
    for unit in TREE
    for row in (
        [unit["id"], unit["name"], None, None, "x"],
        *(
            [leaf["id"], leaf["name"], unit["id"], "、".join(leaf["keywords"]), None]
            for leaf in unit["children"]
        ),
    )
]
LABELLED = [["text", "label"], *([one.text, one.label] for one in MESSAGES)]


def csv_of(table: list[list[Any]]) -> str:
    return "\n".join(",".join(f'"{cell or ""}"' for cell in line) for line in table)


async def learnt(given_tree: DocumentRef, examples: DocumentRef) -> TrainedTree:
    return await TrainingCache().trained(given_tree, examples)


async def test_trees_and_examples_of_every_format_are_the_same(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"text": one.text, "label": one.label}) for one in MESSAGES)
    trees: list[str | bytes] = [
        JSON_TREE,
        "\ufeff" + json.dumps(TREE, indent=2),
        csv_of(FLAT),
        csv_of(FLAT).encode("gb18030"),
        workbook(tmp_path / "tree.xlsx", FLAT),
    ]
    examples: list[str | bytes] = [
        lines,
        json.dumps([json.loads(line) for line in lines.split("\n")]),
        csv_of(LABELLED),
        csv_of(LABELLED).replace(",", "\t").replace('"', ""),
        workbook(tmp_path / "examples.xlsx", LABELLED),
    ]
    seen = set()
    for number, (one, other) in enumerate(zip(trees, examples, strict=True)):
        found = await learnt(
            reference(tmp_path / f"t{number}", one), reference(tmp_path / f"e{number}", other)
        )
        assert found.classifier is not None
        words = tuple(leaf.words.strip() for leaf in found.tree.leaves)
        answer = found.classifier.probabilities(grams("路灯不亮"))
        seen.add((words, tuple(found.of_each), tuple(round(one, 9) for one in answer)))
    assert len(seen) == 1


async def test_csv_rows_are_not_joined_into_paragraphs(tmp_path: Path) -> None:
    table = [["text", "label"], *([f"路灯{'不亮了' * 12}", "cg-lamps"] for _ in range(12))]
    given_reference = reference(tmp_path / "e", csv_of(table).replace('"', ""))
    found = await learnt(reference(tmp_path / "t", JSON_TREE), given_reference)
    assert found.examples == 12


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ('{"text": "a", "label": "cg-lamps"}\n{"text": "b"', "line 2: it is not valid JSON"),
        ('{"text": "a", "label": "cg-lamps"}\n\n{"text": "b"}', "line 3: `label`: Field required"),
        ('[{"text": "a", "label": "cg-lamps"}, 5]', "entry 2: it is not a JSON object"),
        ('[{"text": "a",\n "label": }]', "not valid JSON at line 2"),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
        ('[{"text": "a", "label": ' + "9" * 5_000 + "}]", "not valid JSON"),
        ("text,label\na,cg-lamps\nb,nowhere\nc,nowhere", "line 3: its label is not .*in 1 more"),
        ("text,label\na,cg", "line 2: its label is a node with others below"),
        ("message,label\na,cg-lamps", "line 2: `text`: Field required"),
        (f"text,label\n{'x' * 140_000},cg-lamps", "line 2: it is not valid CSV"),
    ],
)
async def test_examples_that_cannot_be_used_say_which_line(
    tmp_path: Path, examples: str, said: str
) -> None:
    inline = DocumentRef(text=examples)
    inline.give(of_text(examples))
    for one in (inline, reference(tmp_path / "e", examples)):
        with pytest.raises(OptionsInvalid, match=f"`examples`.*{said}") as caught:
            await learnt(reference(tmp_path / "t", JSON_TREE), one)
        assert "nowhere" not in str(caught.value)


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ("id,name\na,A\na,B", "line 3: its id is also that of line 2"),
        ("id,name,parent\na,A,b\nb,B,a\nc,C,", "line 2: its parents lead back"),
        ('[{"id": "a", "name": "A"}, {"id": "b"}]', "entry 2: `name`: Field required"),
        ('[{"id": "a", "name": "A", "children": [{"id": "b"}]}]', r"entry 1: `children\[0\].name`"),
        ("[]", "at least two leaves"),
    ],
)
async def test_a_tree_that_cannot_be_used_says_which_line(
    tmp_path: Path, nodes: str, said: str
) -> None:
    with pytest.raises(OptionsInvalid, match=f"`tree`, .*{said}"):
        await TrainingCache().trained(reference(tmp_path / "t", nodes), None)


async def test_a_document_that_is_not_a_table_is_refused(tmp_path: Path) -> None:
    page = reference(tmp_path / "t", "<html><body><p>id</p></body></html>")
    with pytest.raises(OptionsInvalid, match="`tree` names is not JSON"):
        await TrainingCache().trained(page, None)


def test_rows_are_counted_as_an_editor_counts_them() -> None:
    given_rows = rows('\n\ntext,label\n"a\nb",x\n\nc,y\n', "examples")
    assert [(row.where, dict(row.values)) for row in given_rows] == [
        ("line 5", {"text": "a\nb", "label": "x"}),
        ("line 7", {"text": "c", "label": "y"}),
    ]


async def test_the_same_tree_and_examples_are_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    training_of = training.training_of

    def counted(*args: Any) -> Any:
        made.append(args)
        return training_of(*args)

    monkeypatch.setattr(training, "training_of", counted)
    given_tree = reference(tmp_path / "t", JSON_TREE)
    first, second = (
        reference(tmp_path / f"e{number}", csv_of(LABELLED[: 60 + number])) for number in range(2)
    )
    shared = TrainingCache()
    found = await asyncio.gather(*(shared.trained(given_tree, first) for _ in range(8)))
    assert all(one is found[0] for one in found)
    await shared.trained(given_tree, second)
    await shared.trained(given_tree, first)
    assert len(made) == 2
    small = TrainingCache(most_values=1)
    for one in (first, second, first):
        await small.trained(given_tree, one)
    assert len(made) == 5
    third = reference(tmp_path / "e3", csv_of(LABELLED[:62]))
    of_two = TrainingCache(most_values=round(2.5 * found[0].size))
    for one in (first, second, first, third, first):
        await of_two.trained(given_tree, one)
    assert len(made) == 8
    await of_two.trained(given_tree, second)
    assert len(made) == 9


def test_grams_are_characters_and_pairs_or_words_without_numbers() -> None:
    assert grams("路灯，3号。The LAMP １２") == {
        "路": 1, "灯": 1, "路灯": 1, "号": 1, "the": 1, "lamp": 1,
    }  # fmt: skip


def test_a_gram_of_every_leaf_has_no_weight() -> None:
    centroids = Centroids(packed_centroids([("请问路灯", 0), ("请问停水", 1)], ["请问", "请问"]))
    assert not centroids.knows(grams("请问"))
    assert centroids.knows(grams("停电"))
    lamp, water = centroids.similarities(grams("请问路灯"))
    assert lamp > 0.8
    assert water == 0.0


def test_similar_examples_are_held_out_together() -> None:
    """Fifty equal messages are one matter: held out together, none remain to answer them."""
    same = [("路灯坏了没有人修", 0)] * 50 + [("自来水停了两天", 1)] * 50
    measured = train(same, ["", ""]).measured
    assert measured is not None
    assert measured.accuracy_top_3 == 1.0
    assert measured.accuracy <= 0.5
    ends = (("昨天坏了", "一闪一闪", "太暗了", "杆子歪"), ("两天了", "发黄", "压力小", "有异味"))
    varied = [
        (f"{('路灯', '自来水')[place]}{end}", place) for place in (0, 1) for end in ends[place]
    ]
    measured = train(varied, ["", ""]).measured
    assert measured is not None
    assert measured.accuracy == 1.0


def test_training_is_deterministic() -> None:
    names = [place.id for place in citizens.PLACES]
    examples = [(one.text, names.index(one.label)) for one in MESSAGES]
    first, second = (Classifier.of(train(examples, names)) for _ in range(2))
    assert first.sharpness == second.sharpness
    assert first.measured == second.measured
    assert first.probabilities(grams("停水")) == second.probabilities(grams("停水"))


def test_a_message_of_grams_of_all_leaves_is_placed_by_its_rarest_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = "".join(chr(0x4E00 + n) for n in range(1_000))
    leaves = 2_000
    alike = [(words[: 100 + leaf % 7], leaf) for leaf in range(leaves - 1)]
    examples = [*alike, *[("灯泡", leaves - 1)] * 2]
    centroids = Centroids(packed_centroids(examples, [""] * leaves))
    assert centroids.size > 2 * MOST_ADDED
    started = time.process_time()
    similarities = centroids.similarities(grams(words[:106] + "灯泡"))
    assert time.process_time() - started < 2
    assert similarities[leaves - 1] > 0
    assert 0 < sum(map(bool, similarities)) <= MOST_ADDED
    monkeypatch.setattr(centroids_module, "MOST_ADDED", 3)
    assert list(map(bool, centroids.similarities(grams(words[:106] + "灯泡")))) == [
        *[False] * (leaves - 1),
        True,
    ]


@pytest.mark.parametrize("most", ["MOST_COUNTED", "MOST_VALUES"])
def test_examples_of_too_many_different_words_are_refused(
    most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centroids_module, most, 100)
    examples = [(chr(0x4E00 + n) + chr(0x5E00 + n), n % 50) for n in range(60)]
    with pytest.raises(TooManyValues):
        packed_centroids(examples, [""] * 50)


def test_the_calibration_error_is_the_distance_of_confidence_from_the_share_that_is_right() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(0.95)
    assert calibration_error([(1.0, True), (0.35, True)]) == pytest.approx(0.325)
    assert calibration_error([]) == 0


async def test_of_many_long_examples_only_the_beginnings_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "MOST_CHARACTERS", 0)
    nodes = [Node(id=name, name=name) for name in ("lamps", "water")]
    examples = [
        Example(text=word * 60 + end * 10, label=label)
        for word, end, label in (("路灯", "尾", "lamps"), ("停水", "末", "water"))
        for _ in range(6)
    ]
    trained = await TrainingCache().trained(nodes, examples)
    assert trained.classifier is not None
    assert trained.classifier.centroids.knows(grams("路灯"))
    assert not trained.classifier.centroids.knows(grams("尾"))
