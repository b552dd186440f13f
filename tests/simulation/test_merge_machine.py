"""Two sides edited in any order, with confirmed, unconfirmed and lost writes between them."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connector.core.changes import Side, merge, same_value
from connector.core.records import Value
from connector.core.rules.fields import Blanks, Direction, FieldRule, Fields, FieldType, Winner

NAME = "city"
VALUES = st.sampled_from(["Pune", "Delhi", "", None])


class Merging(RuleBasedStateMachine):
    """One field of one lead, in both systems and in the ledger."""

    @initialize(
        winner=st.sampled_from([Winner.MARKETING, Winner.CRM, Winner.NEWEST]),
        blanks=st.sampled_from(Blanks),
        value=st.sampled_from(["Pune", "Delhi"]),
    )
    def begin(self, winner: Winner, blanks: Blanks, value: str) -> None:
        self.rule = FieldRule(
            name=NAME,
            type=FieldType.TEXT,
            direction=Direction.BOTH,
            winner=winner,
            blanks=blanks,
        )
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.marketing: Value = value
        self.crm: Value = value
        self.agreed: dict[str, Value] = {NAME: value}
        self.ours: dict[str, dict[str, Value]] = {"marketing": {}, "crm": {}}
        self.times = {"marketing": self.now, "crm": self.now}
        self.said: set[Value] = {value}  #: what people wrote, ever

    @rule(value=VALUES)
    def marketing_edits(self, value: Value) -> None:
        self._edited("marketing", value)
        self.marketing = value

    @rule(value=VALUES)
    def sales_edits(self, value: Value) -> None:
        self._edited("crm", value)
        self.crm = value

    def _edited(self, side: str, value: Value) -> None:
        self.now += timedelta(minutes=1)
        self.times[side] = self.now
        self.ours[side] = {}
        self.said.add(value)

    @rule(lost=st.sampled_from(["", "", "before", "after"]))
    def sync(self, lost: str) -> None:
        """One run; a lost answer leaves what was written there and agrees on nothing."""
        self._sync(lost)

    def _sync(self, lost: str) -> bool:
        self.now += timedelta(minutes=1)
        found = merge(
            Fields(rules={NAME: self.rule}),
            self.agreed,
            self._side("marketing", self.marketing),
            self._side("crm", self.crm),
        )
        if NAME in found.settled:
            self.agreed[NAME] = found.settled[NAME]
        for target, values in (("crm", found.to_crm), ("marketing", found.to_marketing)):
            if NAME not in values:
                continue
            if lost != "before":
                setattr(self, target, values[NAME])
                self.times[target] = self.now
                self.ours[target] = {NAME: values[NAME]}
            if not lost:
                self.agreed[NAME] = values[NAME]
        return bool(found.to_crm or found.to_marketing)

    def _side(self, name: str, value: Value) -> Side:
        return Side(
            values={NAME: value}, times={NAME: self.times[name]}, ours=dict(self.ours[name])
        )

    @invariant()
    def nothing_is_invented(self) -> None:
        if hasattr(self, "said"):
            assert {self.marketing, self.crm} <= self.said

    def teardown(self) -> None:
        """Undisturbed, both sides agree after a run or two, and then nothing is written."""
        if not hasattr(self, "rule"):
            return
        self._sync("")
        self._sync("")
        assert not self._sync("")
        blank_kept = self.rule.blanks is Blanks.KEEP and not (self.marketing and self.crm)
        assert blank_kept or same_value(self.marketing, self.crm)


TestMerging = Merging.TestCase
TestMerging.settings = settings(max_examples=400, stateful_step_count=12, deadline=None)
