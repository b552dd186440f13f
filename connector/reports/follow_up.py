"""The follow-up of every lead in work: next steps and stale leads, missing notes, last contacts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.pursuit import Asleep, Pursuit
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import LeadRow
from connector.reports.document import Document, Figure, Figures, Section, Table
from connector.reports.labels import Say
from connector.reports.promises import spoken
from connector.reports.words import Words, words_of

DAY = timedelta(days=1)
OLD = timedelta(days=7)  #: a last contact longer ago is counted among the figures

EN: Words = {
    "title": "Follow-up",
    "short": "In short",
    "work": "Leads with sales",
    "work.is": "Passed, and neither converted nor given back.",
    "stale": "Stale",
    "stale.is": "Nothing is planned for them any more, or the day of the next step has passed.",
    "notes": "Without a note",
    "notes.is": (
        "A note is owed, a call or meeting left none, or a meeting was planned before any."
    ),
    "old": "Without contact for a week",
    "old.is": "No call, mail or meeting for seven days, counted from the hand-over at first.",
    "next": "Next steps, and stale leads",
    "next.note": (
        "From the plan of the promise that counts calls and mails, and from meetings in the "
        "calendar. Stale leads come first. Moments in UTC."
    ),
    "missing": "Missing notes",
    "missing.note": (
        "Before a meeting a note says what it is for; after a call or a meeting, what came of it."
    ),
    "contact": "Last contact",
    "contact.note": "Longest ago first; where there was none, since the hand-over.",
    "support": "Opportunities that marketing supports, or soon will",
    "support.note": (
        "Without change or contact for half of the time after which they count as stalled, and get "
        "the programme “{programme}”."
    ),
    "lead": "Lead",
    "company": "Company",
    "owner": "Owner",
    "step": "Next step",
    "on": "On",
    "late": "Late by",
    "none": "nothing planned",
    "phone": "call",
    "email": "e-mail",
    "meeting": "meeting",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "other": "other",
    "unnoted": "Calls and meetings without one",
    "last_note": "Last note",
    "owed": "Note owed by",
    "unprepared": "Meeting planned without one",
    "last": "Last contact",
    "channel": "By",
    "age": "Ago",
    "opportunity": "Opportunity",
    "silent": "Silent since",
    "due": "Support from",
    "begun": "begun",
    "empty": "Nothing to do here.",
}
FR: Words = {
    "title": "Suivi",
    "short": "En bref",
    "work": "Leads aux ventes",
    "work.is": "Transmis, ni convertis ni rendus.",
    "stale": "En souffrance",
    "stale.is": "Plus rien n'est prévu pour eux, ou le jour de la prochaine étape est passé.",
    "notes": "Sans note",
    "notes.is": (
        "Une note est due, un appel ou rendez-vous n'en a pas laissé, ou un rendez-vous a été "
        "pris avant toute note."
    ),
    "old": "Sans contact depuis une semaine",
    "old.is": "Ni appel, ni e-mail, ni rendez-vous depuis sept jours, d'abord depuis la remise.",
    "next": "Prochaines étapes et leads en souffrance",
    "next.note": (
        "Selon le plan de l'engagement qui compte appels et e-mails, et les rendez-vous de "
        "l'agenda. Les leads en souffrance d'abord. Moments en UTC."
    ),
    "missing": "Notes manquantes",
    "missing.note": (
        "Avant un rendez-vous, une note dit à quoi il sert ; après un appel ou un rendez-vous, ce "
        "qui en est sorti."
    ),
    "contact": "Dernier contact",
    "contact.note": "Le plus ancien d'abord ; sans aucun contact, depuis la remise.",
    "support": "Opportunités que le marketing soutient, ou bientôt",
    "support.note": (
        "Sans changement ni contact depuis la moitié du temps après lequel elles comptent comme "
        "en sommeil et reçoivent le programme « {programme} »."
    ),
    "lead": "Lead",
    "company": "Entreprise",
    "owner": "Responsable",
    "step": "Prochaine étape",
    "on": "Le",
    "late": "En retard de",
    "none": "rien de prévu",
    "phone": "appel",
    "email": "e-mail",
    "meeting": "rendez-vous",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "other": "autre",
    "unnoted": "Appels et rendez-vous sans note",
    "last_note": "Dernière note",
    "owed": "Note due avant",
    "unprepared": "Rendez-vous pris sans note",
    "last": "Dernier contact",
    "channel": "Par",
    "age": "Il y a",
    "opportunity": "Opportunité",
    "silent": "Silencieuse depuis",
    "due": "Soutien dès",
    "begun": "commencé",
    "empty": "Rien à faire ici.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursued:
    """One lead in work, and how it is followed up."""

    row: LeadRow
    pursuit: Pursuit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeping:
    """One opportunity, with the lead that it came from."""

    row: LeadRow
    deal: Asleep


def follow_up_report(
    pursued: Iterable[Pursued],
    sleeping: Iterable[Sleeping],
    ruleset: Ruleset,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """What is to be done next for each lead in work, and what was left undone, at this moment."""
    telling = _Telling(list(pursued), list(sleeping), ruleset, now, language)
    return Document(
        name="follow-up",
        title=telling.words["title"],
        subtitle=f"{ruleset.vocabulary.company} · {now:%Y-%m-%d}",
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            telling.numbers(),
            telling.next_steps(),
            telling.missing_notes(),
            telling.contacts(),
            telling.support(),
        ),
    )


class _Telling:
    """The leads in work of one moment in one language."""

    def __init__(
        self,
        pursued: Sequence[Pursued],
        sleeping: Sequence[Sleeping],
        ruleset: Ruleset,
        now: datetime,
        language: str,
    ) -> None:
        self.pursued, self.sleeping = pursued, sleeping
        self.ruleset, self.now, self.language = ruleset, now, language
        self.words = FR if language == "fr" else EN
        self.say = Say(ruleset, language, words_of(language))

    def numbers(self) -> Section:
        """How many are in work, and how many of them were left lying."""
        counts = {
            "work": len(self.pursued),
            "stale": sum(one.pursuit.is_stale(self.now) for one in self.pursued),
            "notes": sum(one.pursuit.lacks_note for one in self.pursued),
            "old": sum(one.pursuit.age(self.now) > OLD for one in self.pursued),
        }
        figures = tuple(
            Figure(label=self.words[n], value=str(count), definition=self.words[f"{n}.is"])
            for n, count in counts.items()
        )
        return Section(heading=self.words["short"], blocks=(Figures(figures=figures),))

    def next_steps(self) -> Section:
        """The calendar of what comes next; without a plan or late is stale, and comes first."""

        def order(one: Pursued) -> tuple[bool, datetime, str]:
            step = one.pursuit.next_step
            stale = one.pursuit.is_stale(self.now)
            return not stale, step.at if step else one.pursuit.since, one.pursuit.lead_id

        rows = tuple(
            (*self._who(one.row), *self._step(one.pursuit))
            for one in sorted(self.pursued, key=order)
        )
        return self._section("next", ("step", "on", "late"), rows)

    def _step(self, pursuit: Pursuit) -> tuple[str, str, str]:
        step = pursuit.next_step
        if step is None:
            return self.words["none"], "", ""
        number = f" {step.number}" if step.number else ""
        late = spoken(self.now - step.at) if step.at < self.now else ""
        return f"{self._channel(step.what)}{number}", _moment(step.at), late

    def missing_notes(self) -> Section:
        """Each lead on which sales should have written something."""
        chosen = [one for one in self.pursued if one.pursuit.lacks_note]
        chosen.sort(key=lambda one: (-one.pursuit.unnoted, one.pursuit.lead_id))
        rows = tuple(
            (
                *self._who(one.row),
                one.pursuit.unnoted,
                _moment(one.pursuit.last_note),
                _moment(one.pursuit.note_due),
                _moment(one.pursuit.unprepared),
            )
            for one in chosen
        )
        return self._section("missing", ("unnoted", "last_note", "owed", "unprepared"), rows)

    def contacts(self) -> Section:
        """How long ago somebody was in contact with each lead."""
        oldest = sorted(
            self.pursued, key=lambda one: (-one.pursuit.age(self.now), one.pursuit.lead_id)
        )
        rows = tuple(
            (
                *self._who(one.row),
                _moment(one.pursuit.last_contact) or "–",
                self._channel(one.pursuit.last_channel) if one.pursuit.last_channel else "",
                spoken(one.pursuit.age(self.now)),
            )
            for one in oldest
        )
        return self._section("contact", ("last", "channel", "age"), rows)

    def support(self) -> Section:
        """Marketing's own calendar: opportunities that fall asleep."""
        rules = self.ruleset.recycling
        programme = rules.programmes.get(rules.stalled_programme or "")
        named = label(programme.labels, self.language, programme.name) if programme else "–"
        half = timedelta(days=rules.stalled_after_days) / 2
        chosen = [one for one in self.sleeping if self.now - one.deal.since >= half]
        chosen.sort(key=lambda one: (one.deal.since, one.deal.opportunity))
        rows = tuple(
            (
                *self._who(one.row),
                one.deal.opportunity,
                f"{one.deal.since:%Y-%m-%d}",
                self.words["begun"] if one.deal.supported else f"{one.deal.due:%Y-%m-%d}",
            )
            for one in chosen
        )
        return self._section("support", ("opportunity", "silent", "due"), rows, programme=named)

    def _section(
        self,
        name: str,
        columns: Sequence[str],
        rows: tuple[tuple[str | int, ...], ...],
        **told: str,
    ) -> Section:
        table = Table(
            columns=tuple(self.words[one] for one in ("lead", "company", "owner", *columns)),
            rows=rows,
            note=self.words[f"{name}.note"].format(**told),
            empty=self.words["empty"],
        )
        return Section(heading=self.words[name], blocks=(table,), name=name)

    def _who(self, row: LeadRow) -> tuple[str, str, str]:
        company = str(row.values.get("company") or "")
        return row.state.lead_id, company, self.say.person(row.state.owner or "")

    def _channel(self, name: str) -> str:
        return self.words.get(name, name)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
