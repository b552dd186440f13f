"""Frozen values are made fast, and are the same values as a plain frozen dataclass makes."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from dataclasses import replace as plainly

import pytest

from connector.core.events import Event
from connector.core.frozen import replace, swift
from connector.core.handoff import HandOff
from connector.core.matching import Match, Seeker
from connector.core.plan import Action
from connector.core.records import LeadState, SourceRecord
from connector.core.surroundings import Surroundings
from connector.core.turns import Turn
from connector.flows.hand import Hand
from connector.ports import ActionOutcome, LeadRow, Link, RowResult, Snapshot, StoredAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What a swift one is held against."""

    name: str
    words: list[str] = field(default_factory=list)
    size: int = 3


@swift
@dataclass(frozen=True, slots=True, kw_only=True)
class Swift:
    """The same fields."""

    name: str
    words: list[str] = field(default_factory=list)
    size: int = 3


def test_defaults_are_given_and_made_anew_for_each_value() -> None:
    one, other = Swift(name="a"), Swift(name="a", words=[], size=3)
    assert one == other
    assert one.words is not other.words
    assert repr(one).replace("Swift", "Plain") == repr(Plain(name="a"))
    assert type(one) is Swift


def test_a_swift_value_is_as_frozen_as_any() -> None:
    with pytest.raises(FrozenInstanceError):
        Swift(name="a").name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        replace(Swift(name="a"), name="c").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Plain, Swift])
def test_a_changed_value_is_what_dataclasses_make_of_it(kind: type[Swift]) -> None:
    value = kind(name="a", words=["x"])
    changed = replace(value, size=5, name="b")
    assert changed == plainly(value, size=5, name="b")
    assert value == kind(name="a", words=["x"])
    assert type(changed) is kind


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeError):
        Swift()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Swift("a")  # type: ignore[misc]
    with pytest.raises(TypeError):
        Swift(name="a", colour="red")  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        replace(Swift(name="a"), colour="red")  # type: ignore[call-arg]


def test_only_plain_values_are_made_swift() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        """Does something when it is made."""

        name: str

        def __post_init__(self) -> None:
            raise ValueError(self.name)

    with pytest.raises(TypeError, match="Checked is not a plain value"):
        swift(Checked)


def test_a_swift_value_is_copied_and_kept_like_any() -> None:
    state = LeadState(lead_id="hs-1", stage="mql", refused_by=("ada",))
    assert pickle.loads(pickle.dumps(state)) == state
    assert copy.deepcopy(state) == state


VALUES = (
    LeadRow, Snapshot, StoredAction, ActionOutcome, Link, RowResult, Action, Event, HandOff,
    Turn, Hand, Match, Seeker, Surroundings, LeadState, SourceRecord,
)  # fmt: skip


@pytest.mark.parametrize("kind", VALUES)
def test_every_field_lands_in_its_own_place(kind: type) -> None:
    names = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    value = kind(**{name: f"the {name}" for name in names})
    assert {name: getattr(value, name) for name in names} == {name: f"the {name}" for name in names}
    for name in names:
        changed = replace(value, **{name: "another"})
        assert getattr(changed, name) == "another"
        others = [one for one in names if one != name]
        assert [getattr(changed, one) for one in others] == [f"the {one}" for one in others]
