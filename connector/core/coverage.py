"""What a set of conditions covers, found from their structure: contradictions, rules that can
never be reached, overlaps and gaps.

Each condition becomes a union of *boxes*: one set of cells for each field it asks about. Boxes
are subtracted from one another; nothing is sampled. Where a text pattern is involved, a
combination without an example is assumed possible, so that a rule is never called dead, nor a
condition contradictory, on a guess; a gap on the other hand is only reported with an example.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connector.core.cells import ANYTHING, Cell, Cells, Domain, cut, range_text
from connector.core.rules.conditions import ALWAYS, All, Clause, Condition, Not

Box = dict[str, int]  #: field -> its possible cells, as bits; a field that is missing: all of them

_MOST_BOXES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRegion:
    """A part of the world no condition covers: field -> the values, in words."""

    values: Mapping[str, str]
    cells: Mapping[str, tuple[Cell, ...]]

    def __str__(self) -> str:
        return " with ".join(f"{name} {text}" for name, text in self.values.items()) or "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The gaps found; `complete` is False where the search was stopped by its cap."""

    gaps: tuple[GapRegion, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A rule that is never reached, and the earlier ones that together take all it would get."""

    index: int
    by: tuple[int, ...]


class Ground:
    """The conditions of one question on a common ground: each field cut into cells once."""

    def __init__(
        self, conditions: Iterable[Condition], domains: Mapping[str, Domain] | None = None
    ) -> None:
        by_field: dict[str, dict[tuple[object, object], Clause]] = {}
        for condition in conditions:
            for clause in _clauses(condition):
                key: tuple[object, object] = (clause.operator, _key(clause.wanted))
                by_field.setdefault(clause.field, {}).setdefault(key, clause)
        known = domains or {}
        self.cells: dict[str, Cells] = {}
        self._bits: dict[tuple[str, object, object], int] = {}
        for name, clauses in by_field.items():
            found = cut(tuple(clauses.values()), known.get(name, ANYTHING))
            self.cells[name] = found
            for number, key in enumerate(clauses):
                bits = sum(
                    1 << i for i, cell in enumerate(found.cells) if cell.passes >> number & 1
                )
                self._bits[(name, *key)] = bits

    def boxes(self, condition: Condition, *, negated: bool = False) -> list[Box]:
        """The condition as a union of boxes."""
        if isinstance(condition, Clause):
            every = self.every(condition.field)
            bits = self._bits[(condition.field, condition.operator, _key(condition.wanted))]
            bits = every & ~bits if negated else bits
            return [{condition.field: bits} if bits != every else {}] if bits else []
        if isinstance(condition, Not):
            return self.boxes(condition.part, negated=not negated)
        parts = [self.boxes(part, negated=negated) for part in condition.parts]
        if isinstance(condition, All) is not negated:
            found: list[Box] = [{}]
            for part in parts:
                found = _capped(
                    [box for one in found for two in part if (box := _meet(one, two)) is not None]
                )
            return found
        return _capped([box for part in parts for box in part])

    def less(self, boxes: list[Box], taken: Iterable[Box]) -> list[Box]:
        """What of `boxes` no box of `taken` holds; the result is disjoint where `boxes` is."""
        left = boxes
        for box in taken:
            left = _capped([piece for one in left for piece in self._minus(one, box)])
            if not left:
                break
        return left

    def witnessed(self) -> Box:
        """The box of all cells that have an example."""
        return {
            name: bits
            for name, cells in self.cells.items()
            if (bits := sum(1 << i for i, cell in enumerate(cells.cells) if cell.witness))
            != self.every(name)
        }

    def every(self, name: str) -> int:
        return (1 << len(self.cells[name].cells)) - 1

    def _minus(self, box: Box, taken: Box) -> list[Box]:
        if _meet(box, taken) is None:
            return [box]
        pieces = []
        rest = dict(box)
        for name, bits in taken.items():
            own = rest.get(name, self.every(name))
            outside = own & ~bits
            if outside:
                pieces.append({**rest, name: outside})
            rest[name] = own & bits
        return pieces

    @property
    def partial(self) -> bool:
        return any(cells.partial for cells in self.cells.values())


def satisfiable(condition: Condition, domains: Mapping[str, Domain] | None = None) -> bool:
    """Whether any values pass; True where that could not be settled."""
    return _maybe(lambda ground: bool(ground.boxes(condition)), (condition,), domains)


def implies(one: Condition, other: Condition, domains: Mapping[str, Domain] | None = None) -> bool:
    """Whether whatever passes `one` passes `other`; False where that could not be settled."""
    ground = Ground((one, other), domains)
    try:
        return not ground.partial and not ground.less(ground.boxes(one), ground.boxes(other))
    except OverflowError:
        return False


def overlaps(one: Condition, other: Condition, domains: Mapping[str, Domain] | None = None) -> bool:
    """Whether some values pass both; True where that could not be settled."""
    return satisfiable(All((one, other)), domains)


def shadowed(
    conditions: Sequence[Condition], domains: Mapping[str, Domain] | None = None
) -> tuple[Shadow, ...]:
    """Rules that are never reached when the first that holds decides.

    Contradictions (`satisfiable` is False) are not among them: those are dead by themselves.
    """
    ground = Ground(conditions, domains)
    found: list[Shadow] = []
    if ground.partial:
        return ()
    earlier: list[tuple[int, list[Box]]] = []
    for index, condition in enumerate(conditions):
        try:
            own = ground.boxes(condition)
            taken = _takers(ground, own, earlier) if own else None
        except OverflowError:
            continue
        if taken is not None:
            found.append(Shadow(index=index, by=taken))
        elif own:
            earlier.append((index, own))
    return tuple(found)


def gaps(
    conditions: Sequence[Condition],
    domains: Mapping[str, Domain] | None = None,
    *,
    within: Condition = ALWAYS,
) -> Coverage:
    """The parts of the world (of those that pass `within`) that no condition covers.

    Neighbouring parts are put together: one region per list of values or range of numbers.
    """
    ground = Ground((*conditions, within), domains)
    try:
        world = [
            box
            for one in _disjoint(ground, ground.boxes(within))
            if (box := _meet(one, ground.witnessed())) is not None
        ]
        taken = [box for condition in conditions for box in ground.boxes(condition)]
        left = ground.less(world, taken)
    except OverflowError:
        return Coverage(gaps=(), complete=False)
    return Coverage(
        gaps=tuple(_region(ground, box) for box in _merged(left)), complete=not ground.partial
    )


def _maybe(
    ask: Callable[[Ground], bool],
    conditions: tuple[Condition, ...],
    domains: Mapping[str, Domain] | None,
) -> bool:
    ground = Ground(conditions, domains)
    try:
        return ask(ground) or ground.partial
    except OverflowError:
        return True


def _clauses(condition: Condition) -> list[Clause]:
    if isinstance(condition, Clause):
        return [condition]
    if isinstance(condition, Not):
        return _clauses(condition.part)
    return [clause for part in condition.parts for clause in _clauses(part)]


def _key(wanted: object) -> object:
    """Tells 1 from True, which are equal to Python, and takes what cannot be hashed."""
    return type(wanted).__name__, repr(wanted)


def _capped(boxes: list[Box]) -> list[Box]:
    if len(boxes) > _MOST_BOXES:
        raise OverflowError("more boxes than are looked at")
    return boxes


def _meet(one: Box, two: Box) -> Box | None:
    """What both hold; None where that is nothing."""
    both = dict(one)
    for name, bits in two.items():
        own = both.get(name)
        met = bits if own is None else own & bits
        if not met:
            return None
        both[name] = met
    return both


def _disjoint(ground: Ground, boxes: list[Box]) -> list[Box]:
    found: list[Box] = []
    for box in boxes:
        found += ground.less([box], tuple(found))
    return found


def _takers(
    ground: Ground, own: list[Box], earlier: list[tuple[int, list[Box]]]
) -> tuple[int, ...] | None:
    """The earlier rules that leave nothing of `own`: one alone where one suffices."""
    near = [
        (index, boxes)
        for index, boxes in earlier
        if any(_meet(one, box) is not None for one in own for box in boxes)
    ]
    for index, boxes in near:
        if not ground.less(own, boxes):
            return (index,)
    left, by = own, []
    for index, boxes in near:
        after = ground.less(left, boxes)
        if after != left:
            by.append(index)
        left = after
        if not left:
            return tuple(by)
    return None


def _merged(boxes: list[Box]) -> list[Box]:
    """Disjoint boxes that differ in one field only become one, until none do."""
    names = list(dict.fromkeys(name for box in boxes for name in box))
    changed = True
    while changed and len(boxes) > 1:
        changed = False
        for name in reversed(names):
            groups: dict[tuple[tuple[str, int], ...], list[Box]] = {}
            for box in boxes:
                rest = tuple(sorted((key, bits) for key, bits in box.items() if key != name))
                groups.setdefault(rest, []).append(box)
            if len(groups) < len(boxes):
                changed = True
                boxes = [_united(name, group) for group in groups.values()]
    return boxes


def _united(name: str, group: list[Box]) -> Box:
    if len(group) == 1:
        return group[0]
    whole = dict(group[0])
    if any(name not in box for box in group):
        whole.pop(name, None)
        return whole
    for box in group[1:]:
        whole[name] |= box[name]
    return whole


def _region(ground: Ground, box: Box) -> GapRegion:
    chosen = {
        name: tuple(cell for i, cell in enumerate(ground.cells[name].cells) if bits >> i & 1)
        for name, bits in box.items()
        if bits != ground.every(name)
    }
    names = [name for name in ground.cells if name in chosen]
    return GapRegion(
        values={name: _words(chosen[name]) for name in names},
        cells={name: chosen[name] for name in names},
    )


def _words(cells: tuple[Cell, ...]) -> str:
    """Ranges that touch are one range; the rest is listed."""
    texts: list[str] = []
    run: list[Cell] = []
    for cell in cells:
        if cell.kind != "range":
            texts.append(cell.text)
        elif run and run[-1].order + 1 == cell.order:
            run.append(cell)
        else:
            texts += [_span(run)] if run else []
            run = [cell]
    texts += [_span(run)] if run else []
    texts.sort(key=lambda text: text in ("blank", "anything else"))
    return " or ".join(texts)


def _span(run: list[Cell]) -> str:
    first, last = run[0], run[-1]
    return range_text(first.low, last.high, above=first.open, below=last.open)
