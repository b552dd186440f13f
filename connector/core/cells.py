"""The values of one field, cut into the few classes that a set of clauses can tell apart.

A class is a *cell*: all its values give the same verdict on every clause. Verdicts are taken from
the compiled clauses themselves, so that this analysis can never disagree with what runs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

from connector.core.clauses import as_day, as_number, compile_clause, fold
from connector.core.records import Value
from connector.core.rules.conditions import Clause, Operator
from connector.core.rules.fields import Fields, FieldType

_NOW = datetime(2000, 6, 15, 12, tzinfo=UTC)  # any moment: clauses on days only compare with it
_OTHER = "\ue000other"  # a word no file can name: private use, never written by people
_MOST_WORDS = 10  # of a multi-value whose subsets are looked at: 2**10
_MOST_PATTERNS = 8

_PATTERNS = frozenset(
    {
        Operator.CONTAINS,
        Operator.CONTAINS_ANY,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.MATCHES,
    }
)
_RELATIVE = frozenset({Operator.WITHIN_DAYS, Operator.OLDER_THAN_DAYS})

Passes = Callable[[Value], int]  #: the clauses a value passes, as bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a field can be: narrows the analysis to what can occur. Without one all is possible."""

    type: FieldType | None = None
    words: tuple[str, ...] = ()  #: of a choice: nothing else occurs
    lowest: int | Decimal | None = None
    highest: int | Decimal | None = None
    blank: bool = True  #: whether it may be blank
    whole: bool = False  #: whole numbers only

    @property
    def several(self) -> bool:
        return self.type is FieldType.CHOICES


ANYTHING = Domain()


@dataclass(frozen=True, slots=True)
class Cell:
    """One class of values: bit i of `passes` tells whether clause i passes.

    `witness` is False for a combination of text patterns that was assumed possible without an
    example. `low` and `high` are the ends of a range of numbers, both included unless `open`.
    """

    passes: int
    text: str
    witness: bool = True
    low: Value = None
    high: Value = None
    kind: str = "word"  #: blank, word, other, range, flag, assumed
    order: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one field; `partial` where there were too many to look at all of them."""

    cells: tuple[Cell, ...]
    partial: bool = False


def domains_of(fields: Fields) -> dict[str, Domain]:
    """The domains the agreed fields imply, plus those of the facts every decision has."""
    found = {
        rule.name: Domain(
            type=rule.type,
            words=tuple(dict.fromkeys(row[1] for row in rule.values.rows if row[1]))
            if rule.values is not None
            else (),
            whole=rule.type is FieldType.NUMBER,
        )
        for rule in fields.rules.values()
    }
    for name in ("fit", "intent", "completeness", "total"):
        found[f"score.{name}"] = Domain(type=FieldType.MONEY, blank=False)
    for name in ("budget", "authority", "need", "timing"):
        found[f"bant.{name}"] = Domain(type=FieldType.YES_NO, blank=False)
    found["bant.count"] = Domain(
        type=FieldType.NUMBER, whole=True, lowest=0, highest=4, blank=False
    )
    found["cycle"] = Domain(type=FieldType.NUMBER, whole=True, lowest=1, blank=False)
    return found


def cut(clauses: Sequence[Clause], domain: Domain = ANYTHING) -> Cells:
    """The cells of one field under these clauses, all of which ask about that field."""
    tests = [compile_clause(one.operator, one.wanted) for one in clauses]

    def passes(value: Value) -> int:
        return sum(1 << i for i, test in enumerate(tests) if test(value, _NOW))

    found: list[Cell] = []
    partial = False
    if domain.blank:
        found.append(Cell(passes(None), "blank", kind="blank"))
    if domain.type in (None, FieldType.YES_NO) and _some(clauses, domain, bool):
        found += [Cell(passes(flag), str(flag).lower(), kind="flag") for flag in (True, False)]
    if domain.type in (None, FieldType.NUMBER, FieldType.MONEY):
        found += _numbers(clauses, domain, passes)
    if domain.type in (None, FieldType.DATE, FieldType.MOMENT):
        found += _days(clauses, domain, passes)
    if domain.several:
        cells, partial = _subsets(clauses, domain, passes)
        found += cells
    elif domain.type not in _WORDLESS:
        found += _texts(clauses, domain, passes)
        found += _assumed(clauses, domain, passes)
        partial = len(_patterns(clauses)) > _MOST_PATTERNS
    return Cells(_grouped(found), partial)


_WORDLESS = frozenset(
    {
        FieldType.YES_NO,
        FieldType.NUMBER,
        FieldType.MONEY,
        FieldType.DATE,
        FieldType.MOMENT,
        FieldType.CHOICES,
    }
)


def _grouped(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Words that no clause tells apart stay one cell each (for the text); assumed combinations
    that a witness already shows are dropped."""
    known: set[int] = set()
    kept: list[Cell] = []
    for cell in cells:
        if not cell.witness and cell.passes in known:
            continue
        known.add(cell.passes)
        kept.append(cell)
    return tuple(kept)


def _wanted(clauses: Sequence[Clause]) -> list[Value]:
    return [
        value
        for one in clauses
        for value in (one.wanted if isinstance(one.wanted, tuple) else (one.wanted,))
    ]


def _some(clauses: Sequence[Clause], domain: Domain, kind: type) -> bool:
    return domain.type is not None or any(isinstance(value, kind) for value in _wanted(clauses))


def _numbers(clauses: Sequence[Clause], domain: Domain, passes: Passes) -> list[Cell]:
    """Each bound, what lies between two bounds, and both ends."""
    given = [
        Decimal(str(number))
        for one in clauses
        if one.operator not in _RELATIVE
        for value in (one.wanted if isinstance(one.wanted, tuple) else (one.wanted,))
        if (number := as_number(value)) is not None and Decimal(str(number)).is_finite()
    ]
    if not given and domain.type is None:
        return []
    limits = [Decimal(end) for end in (domain.lowest, domain.highest) if end is not None]
    bounds = sorted({*given, *limits, *([] if given or limits else [Decimal(0)])})
    step = Decimal(1) if domain.whole else Decimal("0.5")
    spans: list[tuple[Decimal | None, Decimal | None, Decimal]] = [
        (None, bounds[0], bounds[0] - step)
    ]
    for bound, following in pairwise([*bounds, None]):
        assert bound is not None
        spans.append((bound, bound, bound))
        inside = bound + step if following is None else (bound + following) / 2
        spans.append((bound, following, inside))
    found = []
    for order, (low, high, inside) in enumerate(spans):
        cell = _number_cell(low, high, inside, domain)
        if cell is not None:
            value, first, last = cell
            is_open = not domain.whole and low != high
            text = range_text(first, last, above=is_open, below=is_open)
            found.append(Cell(passes(value), text, True, first, last, "range", order, is_open))
    return found


def _number_cell(
    low: Decimal | None, high: Decimal | None, inside: Decimal, domain: Domain
) -> tuple[Value, Value, Value] | None:
    """(an example, shown low, shown high) of a span between two bounds, None where it is empty."""
    if low is not None and low == high:
        if domain.whole and low != int(low):
            return None
        return (_whole(low), _whole(low), _whole(low)) if _within(low, domain) else None
    if not domain.whole:
        ends = (None if low is None else _whole(low), None if high is None else _whole(high))
        return (inside, *ends) if _within(inside, domain) else None
    first = None if low is None else int(low.__floor__()) + 1
    last = None if high is None else int(high.__ceil__()) - 1
    if first is not None and last is not None and first > last:
        return None
    example = first if first is not None else last
    if example is None or not _within(Decimal(example), domain):
        return None
    return example, first, last


def _within(number: Decimal, domain: Domain) -> bool:
    low, high = domain.lowest, domain.highest
    return (low is None or number >= low) and (high is None or number <= high)


def _whole(number: Decimal) -> int | Decimal:
    return int(number) if number == int(number) else number


def range_text(low: Value, high: Value, *, above: bool = False, below: bool = False) -> str:
    """A range in words; `above` and `below` tell that its end is not included."""
    if low is None and high is None:
        return "any number"
    if low is None:
        return f"{'below' if below else 'up to'} {high}"
    if high is None:
        return f"above {low}" if above else f"{low} and more"
    if low == high:
        return f"{low}"
    if above or below:
        return f"{'above' if above else 'from'} {low} {'to below' if below else 'to'} {high}"
    return f"{low}-{high}"


def _days(clauses: Sequence[Clause], domain: Domain, passes: Passes) -> list[Cell]:
    """Dates and moments at, between and around the bounds. Where absolute and relative bounds
    meet on one field their order changes with the clock: every combination is then assumed."""
    relative = [one for one in clauses if one.operator in _RELATIVE]
    bounds = {_NOW} | _absolute_bounds(clauses) | _relative_bounds(relative)
    if len(bounds) == 1 and domain.type is None and not relative:
        return []
    values: list[date | datetime] = []
    if domain.type is not FieldType.MOMENT:
        day = timedelta(days=1)
        around = {one.date() + shift for one in bounds for shift in (-day, timedelta(0), day)}
        values += sorted(around)
    if domain.type is not FieldType.DATE:
        inner = [one + (two - one) / 2 for one, two in pairwise(sorted(bounds))]
        ends = [min(bounds) - timedelta(days=1), max(bounds) + timedelta(days=1)]
        values += sorted({*bounds, *inner, *ends})
    cells = [
        Cell(passes(value), _day_text(value, bool(relative)), kind="day", order=order)
        for order, value in enumerate(values)
    ]
    if relative and len(relative) < len(clauses):
        mask = sum(1 << i for i, one in enumerate(clauses) if one.operator in _RELATIVE)
        mixed = {(one.passes & mask) | (two.passes & ~mask) for one in cells for two in cells}
        cells += [Cell(bits, "a date", witness=False, kind="assumed") for bits in sorted(mixed)]
    return cells


def _absolute_bounds(clauses: Sequence[Clause]) -> set[datetime]:
    bounds = set()
    for value in _wanted(clauses):
        day = as_day(value)
        if isinstance(day, datetime):
            bounds |= {day, day + timedelta(microseconds=2)}
        elif day is not None:
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            bounds |= {start, start + timedelta(days=1)}
    return bounds


def _relative_bounds(clauses: Sequence[Clause]) -> set[datetime]:
    bounds = set()
    for one in clauses:
        number = None if isinstance(one.wanted, tuple) else as_number(one.wanted)
        if number is not None and 0 <= number < 100_000:
            span = timedelta(days=float(number))
            bounds |= {_NOW - span, _NOW + span}
    return bounds


def _day_text(value: date | datetime, relative: bool) -> str:
    if not relative:
        return value.isoformat()
    day = value.date() if isinstance(value, datetime) else value
    days = (day - _NOW.date()).days
    return "today" if days == 0 else f"{abs(days)} days {'ahead' if days > 0 else 'ago'}"


def _named(clauses: Sequence[Clause], domain: Domain) -> list[str]:
    """Each word that is named, in its first spelling; a closed choice has only its own words."""
    kinds = (str,) if domain.type is None else (str, int, Decimal)
    given = [
        word
        for value in _wanted(clauses)
        if isinstance(value, kinds) and (word := _spelling(value)) is not None
    ]
    listed = list(domain.words) if domain.words else given
    return list({word.casefold(): word for word in reversed(listed)}.values())[::-1]


def _spelling(value: Value) -> str | None:
    if isinstance(value, str):
        return value or None
    return fold(value)


def _texts(clauses: Sequence[Clause], domain: Domain, passes: Passes) -> list[Cell]:
    words = _named(clauses, domain)
    cells = [Cell(passes(word), word, order=i) for i, word in enumerate(words)]
    if not domain.words:
        asked = bool(words) or domain.type is not None or bool(_patterns(clauses))
        kind = "other" if asked else "assumed"
        cells.append(Cell(passes(_OTHER), "anything else", asked, kind=kind, order=len(words)))
    return cells


def _patterns(clauses: Sequence[Clause]) -> list[int]:
    return [i for i, one in enumerate(clauses) if one.operator in _PATTERNS]


def _assumed(clauses: Sequence[Clause], domain: Domain, passes: Passes) -> list[Cell]:
    """Open text can meet any combination of patterns; without an example each is only assumed."""
    bits = _patterns(clauses)
    if domain.words or not bits:
        return []
    other = passes(_OTHER)
    bits = bits[:_MOST_PATTERNS]
    return [
        Cell(other | sum(1 << i for i in chosen), "some text", witness=False, kind="assumed")
        for size in range(1, len(bits) + 1)
        for chosen in combinations(bits, size)
    ]


def _subsets(clauses: Sequence[Clause], domain: Domain, passes: Passes) -> tuple[list[Cell], bool]:
    """Every set of the words that are named, with and without a word that is not."""
    named = {word.casefold() for value in _wanted(clauses) if (word := _spelling(value))}
    words = [word for word in _named(clauses, domain) if word.casefold() in named]
    partial = len(words) > _MOST_WORDS
    words = words[:_MOST_WORDS]
    others = [word for word in domain.words if word.casefold() not in named]
    extra = others[0] if others else ("" if domain.words else _OTHER)
    cells: list[Cell] = []
    for size in range(len(words) + 1):
        for chosen in combinations(words, size):
            for more in ((), (extra,)) if extra else ((),):
                value = (*chosen, *more)
                if value:
                    shown = [*chosen, *(["anything else"] if more else [])]
                    cells.append(Cell(passes(value), " + ".join(shown), order=len(cells)))
    return cells, partial
