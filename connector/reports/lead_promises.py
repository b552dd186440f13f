"""One lead's answer: why did she get it, and was it answered in time?

All moments are shown on the owner's clock, and time at work never as days.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.core.because import Because
from connector.core.cadence import next_touch
from connector.core.calendars import NEVER, Calendars
from connector.core.clocks import delays, owner_named
from connector.core.events import Event, EventKind
from connector.core.phrases import shown_moment
from connector.core.promises import ClauseState, Promises, PromiseState
from connector.core.rules.promises import ClockKind, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import LeadRow
from connector.reports.document import Block, Document, Section, Table, Text
from connector.reports.promise_words import words_of
from connector.reports.promises import spoken

#: Somebody is given the lead.
GIVEN = (EventKind.ROUTED, EventKind.REASSIGNED, EventKind.PASSED_ON, EventKind.OWNER_CHANGED)


def lead_promises(
    row: LeadRow,
    events: Sequence[Event],
    states: Sequence[ClauseState],
    ruleset: Ruleset,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """Why this owner has this lead, what was promised, and whether it was kept."""
    words = words_of(language)
    telling = _Telling(row, events, ruleset, language)
    parts = (row.values.get("first_name"), row.values.get("last_name"))
    who = (" ".join(str(part) for part in parts if part), str(row.values.get("company") or ""))
    named = (*who, row.state.lead_id, f"{words['lead.cycle']} {row.state.cycle}")
    return Document(
        name="lead-promises",
        title=words["title"],
        subtitle=" · ".join(part for part in named if part),
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(telling.why(), telling.answered(states, each=True), telling.clocks()),
    )


def commitment(
    row: LeadRow,
    events: Sequence[Event],
    states: Sequence[ClauseState],
    ruleset: Ruleset,
    language: str,
) -> tuple[Section, ...]:
    """The two answers alone, for a page that tells more: why this owner, and answered in time?"""
    telling = _Telling(row, events, ruleset, language)
    return telling.why(), telling.answered(states)


class _Telling:
    """One lead told in one language, on the clock of whoever owns it."""

    def __init__(
        self, row: LeadRow, events: Sequence[Event], ruleset: Ruleset, language: str
    ) -> None:
        self.row, self.ruleset, self.language = row, ruleset, language
        self.events = sorted(events, key=lambda event: event.at)
        self.words = words_of(language)
        self.because = Because(ruleset, language)
        self.promises = Promises(ruleset)
        self.cycle = self._told_of()
        self.given = self._hands(self.cycle)
        self.owner = row.state.owner if self.cycle == row.state.cycle else None
        if self.owner is None and self.given:
            self.owner = owner_named(self.given[-1])
        owner = self.promises.responsible_owner(self.owner or "")
        person = ruleset.people.persons.get(owner)
        calendar = ruleset.people.calendars[person.calendar] if person else None
        self.zone = calendar.time_zone if calendar else "UTC"

    def _told_of(self) -> int:
        """This cycle, or, where nobody has been given the lead in it, the latest in which one was:
        a lead that came back is asked about too."""
        given = [event.cycle for event in self.events if event.kind in GIVEN]
        now = self.row.state.cycle
        return now if now in given else max((cycle for cycle in given if cycle < now), default=now)

    def name(self, key: str) -> str:
        person = self.ruleset.people.persons.get(key)
        return person.name if person else key

    def moment(self, at: datetime) -> str:
        return shown_moment(at, self.zone, self.language)

    def short(self, at: datetime) -> str:
        """A moment above a note that names the zone."""
        return f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M}"

    # --- why ------------------------------------------------------------------------------

    def why(self) -> Section:
        """How the lead came to its owner: each hand it went through, and what was weighed."""
        nobody = Text(text=self.words["lead.nobody"])
        if not self.given or not self.owner:
            heading = self.words["lead.why"].format(owner="–")
            return Section(heading=heading, blocks=(nobody,), name="why")
        blocks: list[Block] = []
        if self.row.state.owner is None:
            back = self.words["lead.back"].format(owner=self.name(self.owner), cycle=self.cycle)
            blocks.append(Text(text=back))
        for event in self.given:
            blocks.append(Text(text=self._given(event)))
            steps = event.data.get("steps")
            if isinstance(steps, list) and steps:
                rows = tuple((self.because.step(str(step)),) for step in steps)
                blocks.append(Table(columns=(self.words["lead.step"],), rows=rows))
        heading = self.words["lead.why"].format(owner=self.name(self.owner))
        return Section(heading=heading, blocks=tuple(blocks), name="why")

    def _hands(self, cycle: int) -> list[Event]:
        """Each hand the lead went through; hearing from the CRM what we did ourselves is none."""
        found: list[Event] = []
        holder = ""
        for event in self.events:
            if event.kind in GIVEN and event.cycle == cycle and owner_named(event) != holder:
                holder = owner_named(event)
                found.append(event)
        return found

    def _given(self, event: Event) -> str:
        to = self.name(owner_named(event))
        because = self.because.told(str(event.data.get("because") or ""))
        before = self.name(str(event.data.get("from") or ""))
        if event.kind is EventKind.OWNER_CHANGED:
            because = self.words["lead.by_hand"].format(by=self.name(event.by) or "Salesforce")
        elif event.kind is EventKind.REASSIGNED:
            clause = self.ruleset.promises.clauses.get(str(event.data.get("clause")))
            broken = label(clause.labels, self.language, clause.name) if clause else ""
            instead = self.words["lead.instead"].format(person=before, clause=broken)
            because = f"{instead}; {because}"
        version = f" @{event.ruleset[:7]}" if event.ruleset else ""
        rule = f" ({event.place}{version})" if event.place.line else ""
        return f"{self.moment(event.at)} → {to}: {because}{rule}"

    # --- answered -------------------------------------------------------------------------

    def answered(self, states: Sequence[ClauseState], *, each: bool = False) -> Section:
        """A sentence for each person who owed the first answer; `each` promise in a table too."""
        heading = self.words["lead.answered"]
        if not states:
            return Section(
                heading=heading, blocks=(Text(text=self.words["lead.none"]),), name="answered"
            )
        blocks: list[Block] = [Text(text=text) for text in self._verdicts(states)]
        planned = self._next_touch(states)
        if planned:
            blocks.append(Text(text=planned))
        if each or not blocks:
            blocks.append(self._table(states))
        return Section(heading=heading, blocks=tuple(blocks), name="answered")

    def _verdicts(self, states: Sequence[ClauseState]) -> list[str]:
        """The tightest first answer of each who owed one in the cycle, in the order of owing."""
        tightest: dict[tuple[datetime, str], ClauseState] = {}
        for state in states:
            first = state.clause.side is Side.SALES and EventKind.TOUCHED in state.clause.stop
            if not first or state.cycle != self.cycle:
                continue
            run = (state.started_at, state.responsible)
            if run not in tightest or state.due < tightest[run].due:
                tightest[run] = state
        return [self._verdict(tightest[run]) for run in sorted(tightest)]

    def _verdict(self, state: ClauseState) -> str:
        clause = state.clause
        kind = "open"
        if state.state is PromiseState.KEPT:
            kind = "yes"
        elif state.state is PromiseState.LAPSED:
            kind = "lapsed"
        elif state.state is PromiseState.BROKEN:
            kind = "no" if state.running else "late" if self._was_answered(state) else "taken"
        return self.words[f"lead.{kind}"].format(
            person=self.name(state.responsible) or "–",
            clause=label(clause.labels, self.language, clause.name),
            took=spoken(state.taken, clause.clock),
            within=spoken(clause.within, clause.clock),
            due=self.moment(state.due),
            ended=self.moment(state.stopped_at) if state.stopped_at else "",
        )

    def _was_answered(self, state: ClauseState) -> bool:
        return any(e.at == state.stopped_at and e.kind in state.clause.stop for e in self.events)

    def _next_touch(self, states: Sequence[ClauseState]) -> str:
        """When the next call or mail is due by the plan of the promise that counts them."""
        planned = [step for s in states if (step := next_touch(s, self.promises)) is not None]
        if not planned:
            return ""
        step = min(planned, key=lambda one: one.due)
        return self.words["lead.next"].format(
            number=step.number,
            channel=self.words[f"channel.{step.channel}"],
            moment=self.moment(step.due),
        )

    def _table(self, states: Sequence[ClauseState]) -> Table:
        words = self.words
        rows = tuple(self._line(runs) for runs in _together(states))
        named = ("started", "due", "ended", "took", "state")
        return Table(
            columns=(
                words["person"],
                words["lead.cycle"],
                *(words[f"lead.{name}"] for name in named),
                words["clause"],
            ),
            rows=rows,
            note=words["lead.zone"].format(zone=self.zone),
            asides=1,
        )

    def _line(self, runs: Sequence[ClauseState]) -> tuple[str | int, ...]:
        """One run of a clause; or several of it that one person kept, with the longest time."""
        first, last = runs[0], runs[-1]
        took = spoken(max(state.taken for state in runs), last.clause.clock)
        verdict = self.words[f"is.{last.state.value}"]
        return (
            self.name(last.responsible),
            last.cycle,
            self.short(first.started_at),
            self.short(last.due) if last.due < NEVER else "",
            self.short(last.stopped_at) if last.stopped_at else "",
            took + (self.words["lead.at_work"] if last.clause.clock is ClockKind.BUSINESS else ""),
            f"{verdict} ({len(runs)}x)" if len(runs) > 1 else verdict,
            label(last.clause.labels, self.language, last.clause.name),
        )

    # --- whose delay ----------------------------------------------------------------------

    def clocks(self) -> Section:
        """The delay of the systems and the delay of people, each by its own clock."""
        people = self.ruleset.people
        found = delays(self.events, self.cycle, Calendars(people), people)
        not_yet = self.words["lead.not_yet"]
        system = spoken(found.system) if found.system is not None else not_yet
        human = spoken(found.human, ClockKind.BUSINESS) if found.human is not None else not_yet
        table = Table(
            columns=(self.words["lead.clocks"], self.words["lead.took"]),
            rows=((self.words["lead.system"], system), (self.words["lead.human"], human)),
        )
        return Section(heading=self.words["lead.clocks"], blocks=(table,), name="clocks")


def _together(states: Sequence[ClauseState]) -> list[list[ClauseState]]:
    """What renews itself at every update is one line as long as the same person keeps it."""
    found: list[list[ClauseState]] = []
    for state in states:
        last = found[-1][-1] if found else None
        if (
            last is not None
            and last.state is state.state is PromiseState.KEPT
            and (last.clause.name, last.cycle, last.responsible)
            == (state.clause.name, state.cycle, state.responsible)
        ):
            found[-1].append(state)
        else:
            found.append([state])
    return found
