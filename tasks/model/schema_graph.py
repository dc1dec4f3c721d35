"""How large a JSON Schema becomes when its references are followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tasks.model.schema_parts import Schema, SchemaRejected, resolve, subschemas

MOST_ALTERNATIVES = 1_000
MOST_EXPANDED = 5_000
MOST_IN_PLACE = 32

_IN_PLACE = frozenset({"anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas"})
_NOT_APPLIED = frozenset({"$defs", "definitions"})
_UNEVALUATED = frozenset({"unevaluatedItems", "unevaluatedProperties"})
# `unevaluated…` checks the schemas beside it again; measured: 2.6 times as long at each level.
_UNEVALUATED_WEIGHT = 3


def check_expansion(root: Schema, parts: Mapping[int, tuple[str, Schema]]) -> int:
    """Check that the time to validate a value is bounded, whatever the references multiply to.

    Sixty definitions that each refer twice to the next one multiply to 2^60 schemas. The check
    itself is linear in the schema. `parts` are all schemas within `root` by id, with their JSON
    pointers.

    Returns the greatest number of schemas and `enum` values that apply to one value.
    Raises `SchemaRejected`.
    """
    edges = _Edges(root, parts)
    alternatives = _Alternatives(edges, parts)
    heaviest = 1
    for where, part in parts.values():
        applied = alternatives.of(part)
        heaviest = max(heaviest, applied.weight)
        if applied.count > MOST_ALTERNATIVES:
            raise SchemaRejected(
                f"{where or 'the root'}: more than {MOST_ALTERNATIVES} schemas apply to one value "
                "once references are followed: simplify it",
                where,
            )
    circles = _Circles(root, edges)
    if circles.expanded > MOST_EXPANDED:
        raise SchemaRejected(
            f"the schema has more than {MOST_EXPANDED} subschemas once its references are "
            "followed: refer less often to the same definition, or split the schema"
        )
    _check_overlaps(circles, edges, parts)
    return heaviest


@dataclass(frozen=True, slots=True)
class _Applied:
    """The schemas that apply to one value: how many, also with `enum` values, and how deep."""

    count: int
    weight: int
    height: int


class _Alternatives:
    """Counts the schemas that apply to one value, directly or through references."""

    def __init__(self, edges: _Edges, parts: Mapping[int, tuple[str, Schema]]) -> None:
        self._edges = edges
        self._parts = parts
        self._applied: dict[int, _Applied] = {}

    def of(self, part: Schema, depth: int = 1) -> _Applied:
        known = self._applied.get(id(part))
        if known is None:
            self._check_depth(part, depth)
            within = [self.of(one, depth + 1) for one in self._edges.in_place[id(part)]]
            factor = _factor(part)
            enum = part.get("enum")
            known = _Applied(
                count=1 + factor * sum(one.count for one in within),
                weight=1 + len(enum or ()) + factor * sum(one.weight for one in within),
                height=1 + max((one.height for one in within), default=0),
            )
            self._applied[id(part)] = known
        self._check_depth(part, depth - 1 + known.height)
        return known

    def _check_depth(self, part: Schema, depth: int) -> None:
        if depth > MOST_IN_PLACE:
            where = self._parts[id(part)][0]
            raise SchemaRejected(
                f"{where or 'the root'}: leads back to itself, or through over {MOST_IN_PLACE} "
                "references and alternatives for one value: refer to the last definition directly",
                where,
            )


class _Edges:
    """The schemas that each schema applies: to the same value, and to its items and members."""

    def __init__(self, root: Schema, parts: Mapping[int, tuple[str, Schema]]) -> None:
        self.in_place: dict[int, list[Schema]] = {}
        self.children: dict[int, list[Schema]] = {}
        for _, part in parts.values():
            in_place = [resolve(part["$ref"], root)] if "$ref" in part else []
            children: list[Schema] = []
            for keyword, _, one in subschemas(part):
                if keyword in _IN_PLACE:
                    in_place.append(one)
                elif keyword not in _NOT_APPLIED:
                    children.append(one)
            self.in_place[id(part)], self.children[id(part)] = in_place, children


def _factor(part: Schema) -> int:
    return 1 if _UNEVALUATED.isdisjoint(part) else _UNEVALUATED_WEIGHT


class _Circles:
    """The schemas that `root` leads to, in groups that lead back to themselves.

    Tarjan's algorithm (1972) without recursion: a group ends after all groups that it leads to.
    `group` is a schema's group by id; `expanded` is the number of subschemas when references are
    followed, each group once.
    """

    def __init__(self, root: Schema, edges: _Edges) -> None:
        self._in_place, self._children = edges.in_place, edges.children
        self._edges: dict[int, list[Schema]] = {}
        self._order: dict[int, int] = {}
        self._lowest: dict[int, int] = {}
        self._open: list[Schema] = []
        self._sizes: list[int] = []
        self.group: dict[int, int] = {}
        self.circular: list[Schema] = []
        self._visit(root)
        self.expanded = self._sizes[self.group[id(root)]]

    def _visit(self, root: Schema) -> None:
        self._enter(root)
        path = [(root, iter(self._edges[id(root)]))]
        while path:
            schema, following = path[-1]
            child = next(following, None)
            if child is None:
                path.pop()
                self._leave(schema, path[-1][0] if path else None)
            elif id(child) not in self._order:
                self._enter(child)
                path.append((child, iter(self._edges[id(child)])))
            elif id(child) not in self.group:
                self._lower(schema, self._order[id(child)])

    def _enter(self, schema: Schema) -> None:
        edges = self._in_place[id(schema)] + self._children[id(schema)]
        self._edges[id(schema)] = edges
        self._order[id(schema)] = self._lowest[id(schema)] = len(self._order)
        self._open.append(schema)

    def _lower(self, schema: Schema, order: int) -> None:
        self._lowest[id(schema)] = min(self._lowest[id(schema)], order)

    def _leave(self, schema: Schema, parent: Schema | None) -> None:
        if parent is not None:
            self._lower(parent, self._lowest[id(schema)])
        if self._lowest[id(schema)] != self._order[id(schema)]:
            return
        group = len(self._sizes)
        members: list[Schema] = []
        while not members or members[-1] is not schema:
            members.append(self._open.pop())
            self.group[id(members[-1])] = group
        leaving = [t for one in members for t in self._edges[id(one)] if self.group[id(t)] != group]
        self._sizes.append(len(members) + sum(self._sizes[self.group[id(t)]] for t in leaving))
        if len(members) > 1 or any(target is schema for target in self._edges[id(schema)]):
            self.circular += members


@dataclass(slots=True)
class _Slots:
    """How often a value's items and members are checked by schemas that lead back to it.

    `any_member` is the number for a member that no schema names; `named` are the differences.
    """

    items: int = 0
    any_member: int = 0
    named: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Slots, factor: int) -> None:
        self.items += factor * other.items
        self.any_member += factor * other.any_member
        for name, count in other.named.items():
            self.named[name] += factor * count

    def most(self) -> int:
        return max(self.items, self.any_member + max(0, *self.named.values(), 0))


def _check_overlaps(
    circles: _Circles, edges: _Edges, parts: Mapping[int, tuple[str, Schema]]
) -> None:
    """Raises `SchemaRejected` where a circle checks one item or member more than once.

    Checking such an answer takes time exponential in its depth.
    """
    known: dict[int, _Slots] = {}

    def slots_of(schema: Schema) -> _Slots:
        if id(schema) not in known:
            group = circles.group[id(schema)]
            slots = _own_slots(schema, lambda one: circles.group.get(id(one)) == group)
            for one in edges.in_place[id(schema)]:
                if circles.group[id(one)] == group:
                    slots.add(slots_of(one), _factor(schema))
            known[id(schema)] = slots
        return known[id(schema)]

    for schema in circles.circular:
        if slots_of(schema).most() > 1:
            where = parts[id(schema)][0]
            raise SchemaRejected(
                f"{where or 'the root'}: leads back to itself more than once for the same "
                "member or item: let only one of the schemas that apply to it do so",
                where,
            )


def _own_slots(schema: Schema, circular: Callable[[object], bool]) -> _Slots:
    named = schema.get("properties", {})
    patterns = sum(map(circular, schema.get("patternProperties", {}).values()))
    keywords: Sequence[str] = ("additionalProperties", "unevaluatedProperties")
    others = sum(circular(schema.get(keyword)) for keyword in keywords)
    first = any(map(circular, schema.get("prefixItems", ())))
    slots = _Slots(
        items=max(first, circular(schema.get("items")))
        + circular(schema.get("contains"))
        + circular(schema.get("unevaluatedItems")),
        any_member=patterns + others,
    )
    for name, part in named.items():
        if difference := circular(part) - others:
            slots.named[name] = difference
    return slots
