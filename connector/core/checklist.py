"""The checklist of a lead-management process, ticked from the agreed files.

What a process must have is the same everywhere; how a company has it is in its files. So nothing
is ticked by hand: a matter is done where the files show it, and says what is lacking where not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from connector.core.accountability import ACTIVITIES, unanswered
from connector.core.events import EventKind
from connector.core.rules.fields import FieldType
from connector.core.rules.promises import Clause, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, Labels, StageMeaning, label

BANT = ("budget", "authority", "need", "timing")
METRICS = ("qualified_passed", "follow_up_time", "sales_accepted", "opportunities", "revenue")
MESSAGES = ("presentation", "meeting_request", "thanks", "launch")
TOLD = ("brief", "task", "alert")
_BY_PERSON = frozenset({FieldType.EMAIL, FieldType.PHONE})


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing both heads agree to have. `lacking` names what is not there yet; `shown` are the
    figures and names that show what is."""

    name: str
    file: str  #: where it is written, or would be
    lacking: tuple[str, ...] = ()
    shown: Mapping[str, str | int] = field(default_factory=dict)
    there: bool = True  #: False where there is nothing of the kind at all

    @property
    def done(self) -> bool:
        return self.there and not self.lacking


@dataclass(frozen=True, slots=True)
class Chapter:
    """Matters that belong together."""

    name: str
    matters: tuple[Matter, ...]


def checklist(ruleset: Ruleset, today: date, language: str = "en") -> tuple[Chapter, ...]:
    """Every matter of the process, in the order in which teams agree on them."""
    files = _Files(ruleset, today, language)
    chapters = {
        "words": files.words,
        "leads": files.leads,
        "data": files.data,
        "handing": files.handing,
        "promises": files.promises,
        "answering": files.answering,
        "return": files.returning,
        "loop": files.loop,
    }
    return tuple(Chapter(name, tuple(matters())) for name, matters in chapters.items())


@dataclass(frozen=True, slots=True)
class _Files:
    """One set of files, read for its checklist on one day in one language."""

    ruleset: Ruleset
    today: date
    language: str

    def named(self, labels: Labels, name: str) -> str:
        return label(labels, self.language, name.replace("_", " "))

    def role(self, name: str) -> str:
        return self.named(self.ruleset.people.role_labels.get(name, {}), name)

    def fields(self, names: Iterable[str]) -> str:
        rules = self.ruleset.fields.rules
        return ", ".join(self.named(rules[n].labels if n in rules else {}, n) for n in names)

    def words(self) -> Iterator[Matter]:
        """One language for both teams."""
        file, words = "vocabulary.yaml", self.ruleset.vocabulary
        terms = {self.named(one.labels, one.name): one for one in words.terms.values()}
        yield Matter("defined", file, (), {"count": len(terms)}, bool(terms))
        both = {side.value for side in Side}
        unsigned = [n for n, t in terms.items() if not both <= {s.team for s in t.signatures}]
        yield Matter("signed", file, tuple(unsigned), {"count": len(terms)}, bool(terms))
        late = [n for n, t in terms.items() if t.review_on is None or t.review_on < self.today]
        next_on = min((t.review_on for t in terms.values() if t.review_on), default="")
        yield Matter("reviewed", file, tuple(late), {"on": str(next_on)}, bool(terms))
        plain = [n for n, t in terms.items() if not (t.examples or t.counter_examples)]
        conditions = sum(t.true_when is not None for t in terms.values())
        yield Matter("shown", file, tuple(plain), {"count": conditions}, bool(terms))
        printed = [(one.name, one.labels) for one in words.terms.values()]
        printed += [(one.name, one.labels) for one in words.stages.values()]
        printed += [(one.name, one.labels) for one in words.reasons.values()]
        spoken = {*words.languages}
        untold = tuple(self.named(known, name) for name, known in printed if spoken - {*known})
        yield Matter("translated", file, untold, {"names": ", ".join(words.languages)})
        unowned = [self.named(s.labels, s.name) for s in words.stages.values() if not s.team]
        yield Matter("stages", file, tuple(unowned), {"count": len(words.stages)})

    def leads(self) -> Iterator[Matter]:
        """What is a good lead, and what a bad one."""
        file, rules = "qualification.yaml", self.ruleset.qualification
        yield Matter("bad", file, (), {"count": len(rules.disqualify)}, bool(rules.disqualify))
        climbed = {rule.stage for rule in rules.stages}
        wanted = (StageMeaning.MARKETING_QUALIFIED, StageMeaning.SALES_QUALIFIED)
        missing = [
            self.named(stage.labels, stage.name)
            for stage in self.ruleset.vocabulary.stages.values()
            if stage.meaning in wanted and stage.name not in climbed
        ]
        yield Matter("good", file, tuple(missing), {"count": len(rules.stages)}, bool(climbed))
        yield Matter("fit", file, (), {"count": len(rules.fit)}, bool(rules.fit))
        faded = [rule for rule in rules.intent if rule.activity and rule.half_life_days]
        shown = {"count": len(rules.intent), "faded": len(faded)}
        yield Matter("intent", file, (), shown, bool(rules.intent))
        names = self.fields(rule.name for rule in rules.completeness)
        yield Matter("completeness", file, (), {"names": names}, bool(rules.completeness))
        asked = {rule.letter for rule in rules.bant}
        unasked = tuple(f"bant.{letter}" for letter in BANT if letter not in asked)
        yield Matter("bant", file, unasked)
        warm = ", ".join(self.named(one.labels, one.name) for one in rules.temperatures)
        yield Matter("temperature", file, (), {"names": warm}, bool(rules.temperatures))

    def data(self) -> Iterator[Matter]:
        """What is known of a lead, and what must be."""
        file, rules = "fields.yaml", self.ruleset.fields.rules
        both = [one for one in rules.values() if one.hubspot and one.salesforce]
        yield Matter("mapped", file, (), {"count": len(both)}, bool(both))
        open_ = [self.fields([n]) for n, f in rules.items() if f.type in _BY_PERSON]
        marked = [self.fields([n]) for n, f in rules.items() if f.personal]
        unmarked = tuple(name for name in open_ if name not in marked)
        yield Matter("personal", file, unmarked, {"count": len(marked)}, bool(marked))
        source = rules.get("source")
        listed = source.values.rows if source and source.values else ()
        channels = len({row[1] for row in listed})
        yield Matter("channels", file, (), {"count": channels}, bool(listed))
        gate = self.ruleset.qualification.contact_gate
        names = self.fields(gate)
        yield Matter("gate", "qualification.yaml", (), {"names": names}, bool(gate))

    def handing(self) -> Iterator[Matter]:
        """Who receives a lead, and what is told with it."""
        routing, people = self.ruleset.routing, self.ruleset.people
        count, last = len(routing.rules), routing.fallback.name
        yield Matter("routed", "routing.yaml", (), {"count": count, "names": last}, bool(count))
        keeps = routing.existing_owner
        kept = keeps.open_lead or keeps.contact or keeps.account_domain or keeps.account_name
        yield Matter("known", "routing.yaml", there=kept)
        alone = [queue.name for queue in people.queues.values() if not queue.responsible]
        yield Matter("queues", "people.yaml", tuple(alone), {"count": len(people.queues)})
        lone = [p.name for p in people.persons.values() if p.teams and not p.deputy]
        yield Matter("deputies", "people.yaml", tuple(lone), {"count": len(people.persons)})
        yield Matter("told", "templates/", self._untold(TOLD))

    def promises(self) -> Iterator[Matter]:
        """What both sides promise, and who says so."""
        file, promises = "promises.yaml", self.ruleset.promises
        clauses = tuple(promises.clauses.values())
        counts = {side.value: sum(one.side is side for one in clauses) for side in Side}
        sides = tuple(f"team.{side}" for side, count in counts.items() if not count)
        yield Matter("both", file, sides, dict(counts))
        touched = [c for c in clauses if EventKind.TOUCHED in c.stop and c.touches is None]
        yield self._clauses("first", touched)
        yield self._clauses("touches", [c for c in clauses if c.touches is not None])
        ends = {EventKind.CONVERTED, EventKind.REJECTED}
        yield self._clauses(
            "decided", [c for c in clauses if ends == {*c.stop} and not (c.touches or c.restarts)]
        )
        silent = [self.named(c.labels, c.name) for c in clauses if not c.escalations]
        yield Matter("enforced", file, tuple(silent), there=bool(clauses))
        signed = {one.team for one in promises.signatures}
        unsigned = tuple(f"team.{side.value}" for side in Side if side.value not in signed)
        yield Matter("contract", file, unsigned)
        on = promises.review_on
        yield Matter("renewed", file, (), {"on": str(on or "")}, bool(on and on >= self.today))
        told = [n for n in self.ruleset.vocabulary.languages if n not in promises.customer_promise]
        yield Matter("customers", file, tuple(told))

    def answering(self) -> Iterator[Matter]:
        """Who answers for what."""
        promises, people = self.ruleset.promises, self.ruleset.people
        gaps = tuple(self.named(ACTIVITIES[name], name) for name in unanswered(promises.raci))
        yield Matter("raci", "promises.yaml", gaps, {"count": len(promises.raci)})
        watches = people.with_role(promises.enforcer)
        shown = {"names": ", ".join(p.name for p in watches), "role": self.role(promises.enforcer)}
        yield Matter("watched", "promises.yaml", (), shown, bool(watches))
        sponsor = people.persons.get(promises.sponsor)
        name = sponsor.name if sponsor else ""
        yield Matter("sponsored", "promises.yaml", (), {"names": name}, bool(sponsor))
        empty = tuple(self.role(role) for role in people.roles if not people.with_role(role))
        yield Matter("roles", "people.yaml", empty, {"count": len(people.roles)})
        held = tuple(self.role(role) for role in people.roles if not people.measured_on.get(role))
        yield Matter("measured", "people.yaml", held)

    def returning(self) -> Iterator[Matter]:
        """What becomes of a lead that sales cannot use."""
        file, words, rules = "recycling.yaml", self.ruleset.vocabulary, self.ruleset.recycling
        said = {one.meaning for one in words.dispositions.values()}
        missing = tuple(f"answer.{one.value}" for one in DispositionMeaning if one not in said)
        yield Matter("answers", "vocabulary.yaml", missing, {"count": len(rules.statuses)})
        yield Matter("reasons", file, (), {"count": len(words.reasons)}, bool(words.reasons))
        idle = [self.named(p.labels, p.name) for p in rules.programmes.values() if not p.steps]
        count = len(rules.programmes)
        yield Matter("programmes", file, tuple(idle), {"count": count}, bool(rules.programmes))
        shown = {"days": rules.cool_down_days, "cycles": rules.max_cycles}
        yield Matter("guarded", file, (), shown)
        least = self.ruleset.promises.minimum_touches
        tried = {"phone": least.phone, "email": least.email}
        yield Matter("unreachable", "promises.yaml", (), tried, any(tried.values()))
        days = {"days": rules.stalled_after_days}
        yield Matter("stalled", file, (), days, bool(rules.stalled_programme))

    def loop(self) -> Iterator[Matter]:
        """What both learn from it."""
        file, targets = "targets.yaml", self.ruleset.targets
        aimed = {one.metric for one in targets.targets}
        missing = [self.named(targets.metric_labels.get(n, {}), n) for n in METRICS]
        aims = tuple(text for n, text in zip(METRICS, missing, strict=True) if n not in aimed)
        yield Matter("targets", file, aims, {"count": len(targets.targets)})
        unowned = tuple(one.metric for one in targets.targets if not one.owner)
        yield Matter("owned", file, unowned, there=bool(targets.targets))
        names = ", ".join(targets.segments)
        yield Matter("segments", file, (), {"names": names}, bool(targets.segments))
        yield Matter("meetings", file, (), {"days": targets.meeting_every_days})
        coming = [one for one in targets.campaigns if one.starts_on >= self.today]
        names = ", ".join(self.named(one.labels, one.name) for one in coming)
        yield Matter("campaigns", file, (), {"names": names}, bool(coming))
        yield Matter("messages", "templates/", self._untold(MESSAGES))

    def _clauses(self, name: str, found: list[Clause]) -> Matter:
        """A promise of sales that must be there, named by the clauses that are."""
        names = [self.named(one.labels, one.name) for one in found if one.side is Side.SALES]
        return Matter(name, "promises.yaml", (), {"names": "; ".join(names)}, bool(names))

    def _untold(self, templates: Iterable[str]) -> tuple[str, ...]:
        known = self.ruleset.templates
        return tuple(
            f"{name}.{language}"
            for name in templates
            for language in self.ruleset.vocabulary.languages
            if f"{name}.{language}" not in known
        )
