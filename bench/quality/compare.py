"""`compare`: whether the patch gives the new text, and each change has the right kind."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from itertools import permutations

from bench.quality.laws import laws, of_text
from bench.quality.measure import Measure
from tasks.compare import ChangeKind, CompareResult, compare_documents
from tasks.text.edits import apply_edits

MUTATIONS_OF_EACH = 25
_ARTICLE = re.compile(r"^第\S+条 ")
Lines = list[list[str]]


def articles(text: str) -> Lines:
    """The lines of each article without its label; headings and the preamble are left out."""
    found: Lines = []
    for line in text.split("\n"):
        if _ARTICLE.match(line):
            found.append([_ARTICLE.sub("", line)])
        elif found and line.strip() and not re.match(r"第\S+[章节]", line):
            found[-1].append(line)
    return found


def written(found: Lines, labels: list[int] | None = None) -> str:
    numbers = labels or range(1, len(found) + 1)
    lines = [
        [f"第{number}条 {first}", *more]
        for number, (first, *more) in zip(numbers, found, strict=True)
    ]
    return "\n".join(line for article in lines for line in article)


def removed(found: Lines, draw: random.Random) -> str:
    at = draw.randrange(len(found))
    labels = [number for number in range(1, len(found) + 1) if number != at + 1]
    return written(found[:at] + found[at + 1 :], labels)


def added(found: Lines, draw: random.Random) -> str:
    at = draw.randrange(len(found) + 1)
    new = ["本市设立的临时摊点应当在每日营业结束后一小时内清理场地。"]
    labels = [*range(1, at + 1), 900, *range(at + 1, len(found) + 1)]
    return written([*found[:at], new, *found[at:]], labels)


def moved(found: Lines, draw: random.Random) -> str:
    """Moves an article by at least three places: of two swapped ones either could have moved."""
    source, target = draw.sample(range(len(found)), 2)
    while abs(source - target) < 3:
        source, target = draw.sample(range(len(found)), 2)
    order = list(range(len(found)))
    order.insert(target, order.pop(source))
    return written([found[at] for at in order], [at + 1 for at in order])


def renumbered(found: Lines, draw: random.Random) -> str:
    at = draw.randrange(len(found))
    labels = [number + (number > at) for number in range(1, len(found) + 1)]
    return written(found, labels)


def changed(found: Lines, draw: random.Random) -> str:
    at = draw.randrange(len(found))
    first, *more = found[at]
    place = draw.randrange(len(first))
    edited = first[:place] + draw.choice(["并且", "或者", "不", "每年"]) + first[place + 1 :]
    return written([*found[:at], [edited, *more], *found[at + 1 :]])


MUTATIONS: dict[ChangeKind, Callable[[Lines, random.Random], str]] = {
    ChangeKind.removed: removed,
    ChangeKind.added: added,
    ChangeKind.moved: moved,
    ChangeKind.renumbered: renumbered,
    ChangeKind.changed: changed,
}


def is_right(kind: ChangeKind, result: CompareResult) -> bool:
    """Whether only this kind was found, and once; renumbering changes all following articles."""
    found = {name for name, count in result.counts.items() if count}
    return found == {kind} and (kind is ChangeKind.renumbered or result.counts[kind] == 1)


def measures() -> Iterable[Measure]:
    documents = list(laws().values())
    pairs = list(permutations(documents, 2))
    exact = sum(
        apply_edits(old.text, compare_documents(old, new).patch) == new.text for old, new in pairs
    )
    yield Measure(
        "compare", "patch gives the new text: pairs of laws", len(pairs), exact / len(pairs), 1.0
    )
    draw = random.Random(5)
    tried = exact = 0
    right = dict.fromkeys(MUTATIONS, 0)
    for document in documents:
        found = articles(document.text)
        old = of_text(written(found))
        for kind, mutate in MUTATIONS.items():
            for _ in range(MUTATIONS_OF_EACH):
                new = of_text(mutate(found, draw))
                result = compare_documents(old, new)
                tried += 1
                exact += apply_edits(old.text, result.patch) == new.text
                right[kind] += is_right(kind, result)
    yield Measure("compare", "patch gives the new text: mutated laws", tried, exact / tried, 1.0)
    each = MUTATIONS_OF_EACH * len(documents)
    for kind, count in right.items():
        yield Measure("compare", f"kind right: {kind.value}", each, count / each, 1.0)
