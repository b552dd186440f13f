"""Is the contract complete and measurable? Vague clauses, gaps in the RACI, roles nobody holds."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from connector.core.escalation import MANAGER, SPONSOR
from connector.core.events import EventKind
from connector.core.problems import Place, Problem, Severity
from connector.core.promises import OWNER
from connector.core.rules.people import People
from connector.core.rules.promises import Clause, ClockKind, Promises, RaciRow
from connector.core.rules.vocabulary import Labels

#: What has to be done and decided between marketing and sales; each needs one accountable role.
#: A row of the chart is found by the name or by the words in any language.
ACTIVITIES: Mapping[str, Labels] = {
    "capture": {
        "en": "Capture leads from site, phone, forms and fairs",
        "fr": "Capter les leads (site, téléphone, formulaires, salons)",
    },
    "complete_data": {
        "en": "Complete and correct the data of a lead",
        "fr": "Compléter et corriger les données d'un lead",
    },
    "qualify": {
        "en": "Judge captured leads in the lead centre",
        "fr": "Évaluer les leads captés au centre de qualification",
    },
    "hand_over": {
        "en": "Pass qualified leads with a brief",
        "fr": "Transmettre les leads qualifiés avec une fiche",
    },
    "answer": {"en": "Answer a passed lead", "fr": "Répondre à un lead transmis"},
    "update_status": {
        "en": "Keep status and notes up to date",
        "fr": "Tenir à jour statut et notes",
    },
    "nurture": {"en": "Nurture recycled leads", "fr": "Nourrir les leads recyclés"},
    "support_deals": {
        "en": "Support stalled opportunities",
        "fr": "Soutenir les opportunités en sommeil",
    },
    "watch": {
        "en": "Watch the promises daily",
        "fr": "Surveiller les engagements chaque jour",
    },
    "report": {"en": "Report the shared figures", "fr": "Publier les indicateurs communs"},
    "meet": {
        "en": "Prepare and hold the meetings of both teams",
        "fr": "Préparer et tenir les réunions des deux équipes",
    },
    "run": {"en": "Run the connector", "fr": "Faire tourner le connecteur"},
    "protect_data": {
        "en": "Answer requests about personal data",
        "fr": "Répondre aux demandes sur les données personnelles",
    },
    "decide_definition": {
        "en": "Decide what a good and a bad lead is",
        "fr": "Décider ce qu'est un bon et un mauvais lead",
    },
    "decide_owner": {
        "en": "Decide who receives which lead",
        "fr": "Décider qui reçoit quel lead",
    },
    "decide_lead": {
        "en": "Decide that a lead is qualified or given back",
        "fr": "Décider qu'un lead est qualifié ou rendu",
    },
    "decide_consequence": {
        "en": "Decide to reassign a lead or to hold new ones",
        "fr": "Décider de réattribuer un lead ou de suspendre l'envoi",
    },
    "decide_dispute": {
        "en": "Decide a dispute about a lead",
        "fr": "Trancher un litige sur un lead",
    },
    "decide_targets": {
        "en": "Decide targets and promises",
        "fr": "Décider des objectifs et des engagements",
    },
    "decide_files": {
        "en": "Decide changes of these files",
        "fr": "Décider des changements de ces fichiers",
    },
}

KINDS = frozenset(kind.value for kind in EventKind)
LONGEST = timedelta(days=366)


def clause_problems(promises: Promises, people: People) -> tuple[Problem, ...]:
    """Everything that keeps a clause from being measured or enforced, all at once."""
    found: list[Problem] = []
    for clause in promises.clauses.values():
        said = [
            *_measures(clause),
            *_events(clause),
            *_clock(clause, people),
            *_consequences(clause, promises, people),
        ]
        found += [
            Problem(
                code="vague-clause",
                where=clause.place,
                what=f"clause '{clause.name}' {what}",
                remedy=remedy,
            )
            for what, remedy in said
        ]
    if not people.with_role(promises.enforcer):
        found.append(
            Problem(
                code="no-enforcer",
                where=promises.place,
                what=f"nobody has the role '{promises.enforcer}' that watches the promises",
                remedy="Give somebody in people.yaml this role, or name another enforcer.",
            )
        )
    return tuple(found)


Said = tuple[str, str]  #: what is wrong, and the remedy


def _measures(clause: Clause) -> Iterable[Said]:
    if clause.holds is None and clause.within <= timedelta():
        yield "has no time within which it is kept", "Say `within`, e.g. `within: 4 hours`."
    if clause.within > LONGEST:
        yield "takes more than a year", "Promise something that can be checked within a year."
    if clause.at_risk is not None and timedelta() < clause.within <= clause.at_risk:
        yield "is at risk from its first moment", "Let `at_risk` be shorter than `within`."
    if clause.touches and clause.touches.phone + clause.touches.email < 1:
        yield "counts no touches", "Say how many by phone, by e-mail, or both."
    if clause.at_least is not None and clause.at_least < 1:
        yield "asks for no leads at all", "Let `at_least` be one or more."


def _events(clause: Clause) -> Iterable[Said]:
    if clause.start not in KINDS:
        yield f"starts with '{clause.start}', which never happens", _known_kinds()
    ends = clause.stop or clause.restarts or clause.touches or clause.holds or clause.at_least
    if not ends:
        yield "never ends", "Name the events that keep it: `stop: [accepted, rejected]`."
    named = (*clause.stop, *clause.restarts, *clause.pauses.keys(), *clause.pauses.values())
    for kind in sorted({*named} - KINDS):
        yield f"names '{kind}', which never happens", _known_kinds()
    if clause.start in clause.pauses:
        yield "is paused by its own start", "Let another event stop the clock."


def _known_kinds() -> str:
    return "Use one of: " + ", ".join(sorted(KINDS)) + "."


def _clock(clause: Clause, people: People) -> Iterable[Said]:
    if clause.calendar and clause.calendar not in people.calendars:
        yield (
            f"counts by calendar '{clause.calendar}', which does not exist",
            "Use one of: " + ", ".join(sorted(people.calendars)) + ".",
        )
    if clause.clock is ClockKind.CALENDAR and clause.calendar:
        yield (
            "counts around the clock and yet by a calendar",
            "Leave out the calendar, or say `clock: business`.",
        )


def _consequences(clause: Clause, promises: Promises, people: People) -> Iterable[Said]:
    if clause.responsible != OWNER and not people.with_role(clause.responsible):
        yield (
            f"binds the role '{clause.responsible}', which nobody has",
            "Name `owner` or a role of people.yaml.",
        )
    for escalation in clause.escalations:
        if escalation.after < timedelta():
            yield "escalates before it begins", "Let `after` be zero or more."
        for role in escalation.tell:
            if not _is_held(role, promises, people):
                yield (
                    f"tells the role '{role}', which nobody has",
                    "Name `owner`, `manager`, `sponsor` or a role of people.yaml.",
                )


def _is_held(role: str, promises: Promises, people: People) -> bool:
    if role == SPONSOR:
        return promises.sponsor in people.persons
    if role == MANAGER:
        return any(team.manager in people.persons for team in people.teams.values())
    return role == OWNER or bool(people.with_role(role))


def activity_of(row: RaciRow) -> str:
    """The name of the known activity a row is about, by name or words; else the row's own words."""
    said = {text.casefold() for text in (row.activity, *row.labels.values())}
    for name, labels in ACTIVITIES.items():
        if said & {text.casefold() for text in (name, *labels.values())}:
            return name
    return row.activity


def raci_problems(promises: Promises, people: People) -> tuple[Problem, ...]:
    """Exactly one accountable role for every activity and decision, and somebody in every role."""
    found: list[Problem] = []
    seen: dict[str, RaciRow] = {}
    for row in promises.raci:
        name = activity_of(row)
        if name in seen:
            what = f"'{row.activity}' is listed twice (also at {seen[name].place})"
            found.append(_raci("raci-twice", row.place, what, "Keep one of the two rows."))
        seen[name] = row
        found += _row_problems(row, people)
    for name in (name for name in ACTIVITIES if name not in seen):
        what = f"nobody answers for: {ACTIVITIES[name]['en'].lower()}"
        remedy = f"Add a row `activity: {ACTIVITIES[name]['en']}` with one accountable role."
        found.append(_raci("raci-gap", promises.place, what, remedy, Severity.WARNING))
    if promises.sponsor not in people.persons:
        what = "no sponsor of the roster stands behind the agreement"
        remedy = "Name a person of people.yaml as sponsor."
        found.append(_raci("no-sponsor", promises.place, what, remedy, Severity.WARNING))
    return tuple(found)


def _row_problems(row: RaciRow, people: People) -> Iterable[Problem]:
    if not row.accountable.strip() or len(row.accountable.replace(",", " ").split()) > 1:
        yield _raci(
            "raci-accountable",
            row.place,
            f"'{row.activity}' has not exactly one accountable role",
            "Name one role: whoever answers for it in the end.",
        )
    if not row.responsible:
        yield _raci(
            "raci-responsible",
            row.place,
            f"nobody is responsible for '{row.activity}'",
            "Name the role or roles that do the work.",
        )
    held = {person.role for person in people.persons.values()} | people.roles.keys()
    roles = (*row.responsible, row.accountable, *row.consulted, *row.informed)
    for role in dict.fromkeys(roles):
        if role.strip() and role not in held and role not in (OWNER, MANAGER, SPONSOR):
            yield _raci(
                "raci-role",
                row.place,
                f"'{row.activity}' names the role '{role}', which nobody has",
                "Use a role of people.yaml, or give somebody this role.",
            )


def _raci(
    code: str, where: Place, what: str, remedy: str, severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(code=code, where=where, what=what, remedy=remedy, severity=severity)
