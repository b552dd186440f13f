"""Three-way merge of one lead's fields: what each side changed since both last agreed.

For every field there are three values: what both last *agreed* on, what marketing shows, what the
CRM shows. A side has changed a field when its value is no longer the agreed one.

- One side changed: its value travels, where the field's direction lets it.
- Both changed to the same value: it is agreed, and nothing is written.
- Both changed to different values: the winner's travels; the conflict is told either way, and
  where the winner cannot be found (no time, or the same time) nothing is written.
- A blank only travels where the field says `blanks: clear`; otherwise it is no change. The very
  first time, when nothing is agreed yet, a blank side is filled.
- `fill_blanks` never overwrites a value.
- A field with a `stricter` value (consent, opt-out) goes towards it as soon as either side has it.
- What we wrote ourselves is no change, even while its confirmation is still out.
- A field that flips more often than it may is left alone, with a problem: something else is
  fighting over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from connector.core.problems import NOWHERE, Place, Problem
from connector.core.records import System, Value, Values, is_blank
from connector.core.rules.fields import Blanks, Direction, FieldRule, Fields, FieldType, Winner

_DAY = timedelta(days=1)
_TO_CRM = frozenset({Direction.TO_CRM, Direction.BOTH})
_TO_MARKETING = frozenset({Direction.TO_MARKETING, Direction.BOTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one system shows of a lead, since when and by whom, as far as it tells."""

    values: Values
    times: Mapping[str, datetime] = field(default_factory=dict)  #: field -> last change
    authors: Mapping[str, str] = field(default_factory=dict)
    ours: Values = field(default_factory=dict)  #: what we wrote there last, confirmed or not


class Conflict(NamedTuple):
    """Both sides changed one field to different values. Values are kept for people who decide;
    they never belong into a log."""

    field: str
    agreed: Value
    marketing: Value
    crm: Value
    marketing_at: datetime | None
    crm_at: datetime | None
    marketing_by: str
    crm_by: str
    winner: System | None  #: None: unresolved, an item on the list
    place: Place = NOWHERE


class Step(NamedTuple):
    """What happens with one field. `to` is None where nothing is written."""

    field: str
    to: System | None = None
    value: Value = None
    settled: bool = False  #: both sides show the same value now
    conflict: Conflict | None = None
    problem: Problem | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What is to be written on either side, what both sides hold alike, what is in dispute.

    The written values become agreed when the other side has confirmed them; `settled` ones are
    agreed at once.
    """

    to_crm: dict[str, Value]
    to_marketing: dict[str, Value]
    settled: dict[str, Value]
    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...]
    because: dict[str, str]

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be written."""
        return not self.to_crm and not self.to_marketing


def merge(
    fields: Fields,
    agreed: Values,
    marketing: Side,
    crm: Side,
    *,
    flips: Mapping[str, int] | None = None,
    address: str = "-",
) -> Merge:
    """Merges all fields that travel and that both sides show; a field absent on one side was not
    read there, so that nothing is known of it. `flips` counts the changes of the last day."""
    merged = Merge(to_crm={}, to_marketing={}, settled={}, conflicts=(), problems=(), because={})
    conflicts: list[Conflict] = []
    problems: list[Problem] = []
    for rule in _consent_first(fields):
        name = rule.name
        if name not in marketing.values or name not in crm.values:
            continue
        step = merge_field(
            rule, agreed, marketing, crm, flips=(flips or {}).get(name, 0), address=address
        )
        if step.to is not None:
            target = merged.to_crm if step.to is System.SALESFORCE else merged.to_marketing
            target[name] = step.value
            merged.because[name] = step.because
        if step.settled:
            merged.settled[name] = step.value
        conflicts += [step.conflict] if step.conflict else []
        problems += [step.problem] if step.problem else []
    return Merge(
        to_crm=merged.to_crm,
        to_marketing=merged.to_marketing,
        settled=merged.settled,
        conflicts=tuple(conflicts),
        problems=tuple(problems),
        because=merged.because,
    )


def merge_field(
    rule: FieldRule,
    agreed: Values,
    marketing: Side,
    crm: Side,
    *,
    flips: int = 0,
    address: str = "-",
) -> Step:
    """Merges one field that both sides show."""
    name = rule.name
    left, right = marketing.values[name], crm.values[name]
    if same_value(left, right, rule.type):
        return Step(name, value=left, settled=True)
    if rule.direction is Direction.READ_ONLY:
        return Step(name)
    if flips >= rule.max_flips:
        return Step(name, problem=_flapping(rule, flips, address))
    strict = _strict_value(rule)
    if strict is not None:
        return _stricter(rule, strict, left, right)
    known = name in agreed
    agreed = _as_landed(rule, agreed, (left, marketing.ours), (right, crm.ours))
    left_changed = _changed(rule, left, agreed, marketing.ours)
    right_changed = _changed(rule, right, agreed, crm.ours)
    if left_changed and right_changed:
        return _contested(rule, agreed.get(name), marketing, crm, known=known)
    if left_changed:
        return _travel(rule, System.SALESFORCE, left, right, "changed in marketing")
    if right_changed:
        return _travel(rule, System.HUBSPOT, right, left, "changed in the CRM")
    return Step(name)


def same_value(one: Value, other: Value, type_: FieldType = FieldType.TEXT) -> bool:
    """Whether two values say the same: blanks are alike, multi-values have no order, moments are
    compared to the second (Salesforce keeps no more), addresses without case, and white space at
    the ends of text does not count."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one == other
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(_utc(one) - _utc(other)) < timedelta(seconds=1)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    if isinstance(one, str) and isinstance(other, str):
        left, right = _plain(one), _plain(other)
        return left == right or (type_ is FieldType.EMAIL and left.casefold() == right.casefold())
    return type(one) is type(other) and one == other


def _consent_first(fields: Fields) -> list[FieldRule]:
    return sorted(fields.rules.values(), key=lambda rule: "stricter" not in rule.options)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _changed(rule: FieldRule, value: Value, agreed: Values, ours: Values) -> bool:
    """Whether a side changed its value itself: neither to what was agreed nor to what we wrote."""
    name = rule.name
    if is_blank(value) and rule.blanks is Blanks.KEEP:
        return False
    if name in agreed and same_value(value, agreed[name], rule.type):
        return False
    if name in ours and same_value(value, ours[name], rule.type):
        return False
    return name in agreed or not is_blank(value)


def _as_landed(rule: FieldRule, agreed: Values, *sides: tuple[Value, Values]) -> Values:
    """What was agreed, or what a write of ours has put there although its answer was lost.

    Without it a field that goes A, B (answer lost), A would stay B on the other side.
    """
    name = rule.name
    for value, ours in sides:
        unconfirmed = name in agreed and not same_value(value, agreed[name], rule.type)
        if unconfirmed and name in ours and same_value(value, ours[name], rule.type):
            return {**agreed, name: value}
    return agreed


def _strict_value(rule: FieldRule) -> bool | str | None:
    """The value that protects the person more, where the field has one."""
    text = rule.options.get("stricter")
    if text is None:
        return None
    if rule.type is FieldType.YES_NO:
        return text.strip().casefold() in ("true", "yes", "1")
    return text


def _stricter(rule: FieldRule, strict: bool | str, left: Value, right: Value) -> Step:
    if same_value(left, strict):
        return _send(rule, System.SALESFORCE, left, "the stricter value goes first")
    if same_value(right, strict):
        return _send(rule, System.HUBSPOT, right, "the stricter value goes first")
    if is_blank(right):
        return _send(rule, System.SALESFORCE, left, "not known in the CRM")
    if is_blank(left):
        return _send(rule, System.HUBSPOT, right, "not known in marketing")
    return Step(rule.name)


def _contested(rule: FieldRule, agreed: Value, marketing: Side, crm: Side, *, known: bool) -> Step:
    """Both sides changed; before anything is agreed this is a difference and no conflict."""
    name = rule.name
    winner = _winner(rule, marketing, crm)
    if rule.winner is Winner.FILL_BLANKS:
        return _filled(rule, marketing.values[name], crm.values[name])
    told = None
    if known or winner is None:
        told = Conflict(
            field=name,
            agreed=agreed,
            marketing=marketing.values[name],
            crm=crm.values[name],
            marketing_at=marketing.times.get(name),
            crm_at=crm.times.get(name),
            marketing_by=marketing.authors.get(name, ""),
            crm_by=crm.authors.get(name, ""),
            winner=winner,
            place=rule.place,
        )
    if winner is None:
        return Step(name, conflict=told)
    source, target = (marketing, System.SALESFORCE)
    if winner is System.SALESFORCE:
        source, target = (crm, System.HUBSPOT)
    step = _send(rule, target, source.values[name], f"{rule.winner} wins")
    return step._replace(conflict=told)


def _filled(rule: FieldRule, left: Value, right: Value) -> Step:
    if is_blank(right):
        return _send(rule, System.SALESFORCE, left, "fills a blank")
    if is_blank(left):
        return _send(rule, System.HUBSPOT, right, "fills a blank")
    return Step(rule.name)


def _winner(rule: FieldRule, marketing: Side, crm: Side) -> System | None:
    if rule.winner is Winner.MARKETING:
        return System.HUBSPOT
    if rule.winner is Winner.CRM:
        return System.SALESFORCE
    left, right = marketing.times.get(rule.name), crm.times.get(rule.name)
    if left is None or right is None or _utc(left) == _utc(right):
        return None
    return System.HUBSPOT if _utc(left) > _utc(right) else System.SALESFORCE


def _travel(rule: FieldRule, to: System, value: Value, there: Value, because: str) -> Step:
    if rule.winner is Winner.FILL_BLANKS and not is_blank(there):
        return Step(rule.name)
    return _send(rule, to, value, because)


def _send(rule: FieldRule, to: System, value: Value, because: str) -> Step:
    ways = _TO_CRM if to is System.SALESFORCE else _TO_MARKETING
    if rule.direction not in ways:
        return Step(rule.name)
    return Step(rule.name, to=to, value=value, because=because)


def _flapping(rule: FieldRule, flips: int, address: str) -> Problem:
    return Problem(
        code="flapping",
        where=Place(file=address),
        what=f"{rule.name} changed {flips} times within a day; it may {rule.max_flips} times",
        remedy="Find the automation that sets it back, or let one side win; then retry.",
    )
