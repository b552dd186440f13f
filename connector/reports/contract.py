"""The contract of marketing and sales as it is signed, and the chart of who answers for what."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.core.accountability import ACTIVITIES, activity_of, unanswered
from connector.core.rules.promises import Clause, ClockKind, Escalation, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.reports.contract_words import moment, words_of
from connector.reports.document import Block, Document, Section, Table, Text
from connector.reports.exit_states import exit_states

LINE = "______________________"


class _Saying:
    """Roles, moments and spans of one ruleset in one language."""

    def __init__(self, ruleset: Ruleset, language: str) -> None:
        self.ruleset = ruleset
        self.language = language
        self.words = words_of(language)

    def role(self, name: str) -> str:
        """A role's label, or who is meant by `owner`, `manager` and `sponsor`."""
        known = self.ruleset.people.role_labels.get(name, {})
        return label(known, self.language, self.words.get(name) or name.replace("_", " "))

    def roles(self, names: Sequence[str]) -> str:
        return ", ".join(self.role(name) for name in names)

    def metric(self, name: str) -> str:
        known = self.ruleset.targets.metric_labels.get(name, {})
        return label(known, self.language, name.replace("_", " "))

    def people_of(self, role: str) -> str:
        holders = [person.name for person in self.ruleset.people.with_role(role)]
        return f"{self.role(role)} ({', '.join(holders)})" if holders else self.role(role)

    def span(self, clause: Clause) -> str:
        """From what until what a promise runs."""
        start = moment(clause.start, self.language)
        if clause.at_least is not None:
            return f"{start}: {self.words['count'].format(count=clause.at_least)}"
        if clause.holds is not None:
            return f"{start}: {self.words['holds']}"
        if clause.touches is not None:
            wanted = clause.touches
            touches = self.words["touches"].format(phone=wanted.phone, email=wanted.email)
            return f"{start} → {touches}"
        ends = (moment(kind, self.language) for kind in (*clause.stop, *clause.restarts))
        return f"{start} → {', '.join(ends)}"

    def within(self, span: timedelta, clause: Clause) -> str:
        """A threshold as it was agreed: `15 min`, `8 h`, `14 d`; working time never in days, since
        24 working hours are three of them."""
        minutes = int(span.total_seconds() // 60)
        sizes = ((1_440, self.words["day"]), (60, "h"))
        for size, unit in sizes if clause.clock is ClockKind.CALENDAR else sizes[1:]:
            if minutes >= size and minutes % size == 0:
                return f"{minutes // size} {unit}"
        return f"{minutes} min"

    def clock(self, clause: Clause) -> str:
        if clause.clock is ClockKind.CALENDAR:
            return self.words["calendar"]
        hours = self.words["business"]
        return f"{hours} ({clause.calendar})" if clause.calendar else hours

    def escalation(self, step: Escalation, clause: Clause) -> str:
        span = self.within(step.after, clause)
        parts = [self.words["tell"].format(span=span, who=self.roles(step.tell))]
        parts += [self.words["reassign"]] if step.reassign else []
        parts += [self.words["hold"]] if step.hold_new_leads else []
        parts += [self.words["propose"]] if step.propose_recycle else []
        return ", ".join(parts)


def sla_document(ruleset: Ruleset, *, now: datetime, language: str = "en") -> Document:
    """Every clause of both sides, what happens afterwards, and the block to sign."""
    say = _Saying(ruleset, language)
    return Document(
        name="sla",
        title=say.words["sla"],
        subtitle=ruleset.vocabulary.company,
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        sections=(
            *(_side(side, say) for side in Side),
            exit_states(ruleset, language, _deciders(say)),
            _audiences(say),
            _customer(say),
            _signatures(say),
        ),
    )


def _side(side: Side, say: _Saying) -> Section:
    words = say.words
    clauses = [c for c in say.ruleset.promises.clauses.values() if c.side is side]
    table = Table(
        columns=tuple(words[n] for n in ("clause", "from", "within", "clock", "who", "after")),
        rows=tuple(
            (
                label(clause.labels, say.language, clause.name),
                say.span(clause),
                say.within(clause.within, clause),
                say.clock(clause),
                say.role(clause.responsible),
                "; ".join(say.escalation(e, clause) for e in clause.escalations) or words["none"],
            )
            for clause in clauses
        ),
        empty=words["none"],
    )
    blocks: list[Block] = [table]
    if side is Side.SALES:
        least = say.ruleset.promises.minimum_touches
        text = words["minimum"].format(phone=least.phone, email=least.email)
        blocks.append(Text(text=text))
    return Section(heading=words[side.value], blocks=tuple(blocks), name=side.value)


def _audiences(say: _Saying) -> Section:
    """Who is told of each promise, the lead itself included."""
    table = Table(
        columns=(say.words["clause"], say.words["known"]),
        rows=tuple(
            (
                label(one.labels, say.language, one.name),
                say.roles(one.audience) or say.words["none"],
            )
            for one in say.ruleset.promises.clauses.values()
        ),
    )
    return Section(heading=say.words["audience"], blocks=(table,), name="audience")


def _deciders(say: _Saying) -> str:
    """Who decides, by the chart, that a lead is qualified or given back."""
    rows = (row for row in say.ruleset.promises.raci if activity_of(row) == "decide_lead")
    return next((say.roles(row.responsible) for row in rows), say.words["owner"])


def _customer(say: _Saying) -> Section:
    text = label(say.ruleset.promises.customer_promise, say.language, say.words["none"])
    return Section(heading=say.words["customer"], blocks=(Text(text=text),), name="customer")


def _signatures(say: _Saying) -> Section:
    words, promises = say.words, say.ruleset.promises
    sponsor = say.ruleset.people.persons.get(promises.sponsor)
    watch = words["watch"].format(
        watch=say.people_of(promises.enforcer), sponsor=sponsor.name if sponsor else words["none"]
    )
    blocks = (Text(text=watch), *_lines(_signers(say), say))
    return Section(heading=words["signatures"], blocks=blocks, name="signatures")


def to_sign(ruleset: Ruleset, language: str) -> tuple[Table, Text]:
    """Room to sign for those who sign the promises, and the version that is signed."""
    say = _Saying(ruleset, language)
    return _lines([(name, whom, "") for name, whom, _ in _signers(say)], say)


def _signers(say: _Saying) -> list[tuple[str, str, str]]:
    """Each with what they sign for and the day they did."""
    words, promises = say.words, say.ruleset.promises
    people = say.ruleset.people.persons
    found = [
        (
            people[one.by].name if one.by in people else one.by,
            words.get(f"team.{one.team}", one.team),
            one.on.isoformat(),
        )
        for one in promises.signatures
    ]
    sponsor = people.get(promises.sponsor)
    if sponsor is not None and promises.sponsor not in [one.by for one in promises.signatures]:
        found.append((sponsor.name, say.role(sponsor.role), ""))
    return found


def _lines(signers: Sequence[tuple[str, str, str]], say: _Saying) -> tuple[Table, Text]:
    words = say.words
    version = words["hash"].format(
        hash=say.ruleset.hash, review=say.ruleset.promises.review_on or words["none"]
    )
    table = Table(
        columns=tuple(words[name] for name in ("name", "team", "on", "sign")),
        rows=tuple((*one, LINE) for one in signers),
    )
    return table, Text(text=version)


# --- the chart ---------------------------------------------------------------------------------


def raci_document(ruleset: Ruleset, *, now: datetime, language: str = "en") -> Document:
    """Each activity and decision with its one accountable role; and who has the roles."""
    say = _Saying(ruleset, language)
    words = say.words
    columns = ("activity", "responsible", "accountable", "consulted", "informed")
    chart = Table(
        columns=tuple(words[name] for name in columns),
        rows=tuple(
            (
                label(row.labels, language, row.activity),
                say.roles(row.responsible),
                say.role(row.accountable),
                say.roles(row.consulted),
                say.roles(row.informed),
            )
            for row in ruleset.promises.raci
        ),
    )
    missing = unanswered(ruleset.promises.raci)
    gaps = ", ".join(label(ACTIVITIES[name], language, name) for name in missing)
    blocks: tuple[Block, ...] = (chart,)
    if gaps:
        blocks = (Text(text=words["gaps"].format(names=gaps)), chart)
    return Document(
        name="raci",
        title=words["raci"],
        subtitle=ruleset.vocabulary.company,
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        sections=(Section(heading=words["raci"], blocks=blocks, name="raci"), _role_table(say)),
    )


def _role_table(say: _Saying) -> Section:
    words, people = say.words, say.ruleset.people
    rows = []
    for role, does in people.roles.items():
        holders = people.with_role(role)
        deputies = {p.deputy for p in holders if p.deputy}
        stand_ins = [people.persons[key].name for key in sorted(deputies) if key in people.persons]
        rows.append(
            (
                say.role(role),
                label(does, say.language, ""),
                ", ".join(person.name for person in holders) or words["none"],
                ", ".join(stand_ins) or words["none"],
                ", ".join(say.metric(m) for m in people.measured_on.get(role, ())),
            )
        )
    columns = ("role", "does", "people", "deputy", "measured")
    table = Table(columns=tuple(words[name] for name in columns), rows=tuple(rows))
    return Section(heading=words["roles"], blocks=(table,), name="roles")
