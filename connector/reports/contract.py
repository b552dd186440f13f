"""The contract of marketing and sales as it is signed, and the chart of who answers for what."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.core.accountability import ACTIVITIES, unanswered
from connector.core.rules.promises import Clause, ClockKind, Escalation, Side
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.reports.document import Block, Document, Section, Table, Text

LINE = "______________________"
EN: Mapping[str, str] = {
    "sla": "What marketing and sales promise each other",
    "raci": "Who answers for what",
    "marketing": "Marketing promises",
    "sales": "Sales promises",
    "clause": "Promise",
    "from": "From → until",
    "within": "Within",
    "clock": "Clock",
    "who": "Who keeps it",
    "after": "If it is late",
    "holds": "holds",
    "count": "{count} of these",
    "touches": "{phone} by phone, {email} by e-mail",
    "calendar": "every hour",
    "business": "working hours",
    "owner": "owner of the lead",
    "tell": "after {span}: tell {who}",
    "reassign": "give the lead to another",
    "hold": "no new leads meanwhile",
    "minimum": (
        "“Unreachable” is an answer after {phone} calls and {email} e-mails, and not before."
    ),
    "customer": "What we promise our customers",
    "watch": "{watch} watches these promises daily; {sponsor} backs them.",
    "signatures": "Signatures",
    "name": "Name",
    "team": "For",
    "on": "Signed on",
    "sign": "Signature",
    "hash": "Version of the files: {hash}. Next review: {review}.",
    "activity": "Activity or decision",
    "responsible": "Responsible",
    "accountable": "Accountable",
    "consulted": "Consulted",
    "informed": "Informed",
    "roles": "Roles",
    "role": "Role",
    "does": "What it does",
    "measured": "Measured on",
    "people": "People",
    "deputy": "Deputy",
    "gaps": "Nobody answers yet for: {names}.",
    "none": "–",
}
FR: Mapping[str, str] = {
    "sla": "Ce que le marketing et les ventes se promettent",
    "raci": "Qui répond de quoi",
    "marketing": "Le marketing s'engage",
    "sales": "Les ventes s'engagent",
    "clause": "Engagement",
    "from": "De → à",
    "within": "En",
    "clock": "Horloge",
    "who": "Qui le tient",
    "after": "En cas de retard",
    "holds": "est rempli",
    "count": "{count} de ceux-ci",
    "touches": "{phone} par téléphone, {email} par e-mail",
    "calendar": "toutes les heures",
    "business": "heures ouvrées",
    "owner": "responsable du lead",
    "tell": "après {span} : prévenir {who}",
    "reassign": "confier le lead à un autre",
    "hold": "plus de nouveaux leads d'ici là",
    "minimum": ("« Injoignable » n'est une réponse qu'après {phone} appels et {email} e-mails."),
    "customer": "Ce que nous promettons à nos clients",
    "watch": "{watch} veille chaque jour sur ces engagements ; {sponsor} les soutient.",
    "signatures": "Signatures",
    "name": "Nom",
    "team": "Pour",
    "on": "Signé le",
    "sign": "Signature",
    "hash": "Version des fichiers : {hash}. Prochaine revue : {review}.",
    "activity": "Activité ou décision",
    "responsible": "Réalise",
    "accountable": "Répond",
    "consulted": "Consulté",
    "informed": "Informé",
    "roles": "Rôles",
    "role": "Rôle",
    "does": "Ce qu'il fait",
    "measured": "Mesuré sur",
    "people": "Personnes",
    "deputy": "Suppléant",
    "gaps": "Personne ne répond encore de : {names}.",
    "none": "–",
}


def _words(language: str) -> Mapping[str, str]:
    return FR if language == "fr" else EN


def sla_document(ruleset: Ruleset, *, now: datetime, language: str = "en") -> Document:
    """Every clause of both sides, the promise to customers, and the block to sign."""
    words = _words(language)
    return Document(
        name="sla",
        title=words["sla"],
        subtitle=ruleset.vocabulary.company,
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        sections=(
            *(_side(side, ruleset, words, language) for side in Side),
            _customer(ruleset, words, language),
            _signatures(ruleset, words),
        ),
    )


def _side(side: Side, ruleset: Ruleset, words: Mapping[str, str], language: str) -> Section:
    clauses = [c for c in ruleset.promises.clauses.values() if c.side is side]
    table = Table(
        columns=tuple(words[n] for n in ("clause", "from", "within", "clock", "who", "after")),
        rows=tuple(
            (
                label(clause.labels, language, clause.name),
                _span(clause, words),
                spoken(clause.within, clause),
                _clock(clause, words),
                words["owner"] if clause.responsible == "owner" else _role(clause.responsible),
                "; ".join(_escalation(e, clause, words) for e in clause.escalations)
                or words["none"],
            )
            for clause in clauses
        ),
        empty=words["none"],
    )
    blocks: list[Block] = [table]
    if side is Side.SALES:
        least = ruleset.promises.minimum_touches
        text = words["minimum"].format(phone=least.phone, email=least.email)
        blocks.append(Text(text=text))
    return Section(heading=words[side.value], blocks=tuple(blocks), name=side.value)


def _span(clause: Clause, words: Mapping[str, str]) -> str:
    start = _role(clause.start)
    if clause.at_least is not None:
        return f"{start}: {words['count'].format(count=clause.at_least)}"
    if clause.holds is not None:
        return f"{start}: {words['holds']}"
    if clause.touches is not None:
        touches = words["touches"].format(phone=clause.touches.phone, email=clause.touches.email)
        return f"{start} → {touches}"
    return f"{start} → {', '.join(_role(kind) for kind in (*clause.stop, *clause.restarts))}"


def _clock(clause: Clause, words: Mapping[str, str]) -> str:
    if clause.clock is ClockKind.CALENDAR:
        return words["calendar"]
    return f"{words['business']} ({clause.calendar})" if clause.calendar else words["business"]


def _escalation(step: Escalation, clause: Clause, words: Mapping[str, str]) -> str:
    who = ", ".join(_role(role) for role in step.tell)
    parts = [words["tell"].format(span=spoken(step.after, clause), who=who)]
    parts += [words["reassign"]] if step.reassign else []
    parts += [words["hold"]] if step.hold_new_leads else []
    return ", ".join(parts)


def _role(name: str) -> str:
    return name.replace("_", " ")


def spoken(span: timedelta, clause: Clause) -> str:
    """A threshold as it was agreed: `15 min`, `8 h`, `14 d`; working time never in days, since
    24 working hours are three of them."""
    minutes = int(span.total_seconds() // 60)
    wall = clause.clock is ClockKind.CALENDAR
    for size, unit in ((1_440, "d"), (60, "h"))[0 if wall else 1 :]:
        if minutes >= size and minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def _customer(ruleset: Ruleset, words: Mapping[str, str], language: str) -> Section:
    text = label(ruleset.promises.customer_promise, language, words["none"])
    return Section(heading=words["customer"], blocks=(Text(text=text),), name="customer")


def _signatures(ruleset: Ruleset, words: Mapping[str, str]) -> Section:
    people = ruleset.people.persons
    signed = {s.by: s for s in ruleset.promises.signatures}
    names = list(signed)
    if ruleset.promises.sponsor and ruleset.promises.sponsor not in signed:
        names.append(ruleset.promises.sponsor)
    rows = tuple(
        (
            people[key].name if key in people else key,
            signed[key].team if key in signed else _role(people[key].role),
            signed[key].on.isoformat() if key in signed else "",
            LINE,
        )
        for key in names
    )
    sponsor = people.get(ruleset.promises.sponsor)
    watch = words["watch"].format(
        watch=_people_of(ruleset.promises.enforcer, ruleset),
        sponsor=sponsor.name if sponsor else words["none"],
    )
    version = words["hash"].format(
        hash=ruleset.hash, review=ruleset.promises.review_on or words["none"]
    )
    table = Table(columns=tuple(words[n] for n in ("name", "team", "on", "sign")), rows=rows)
    blocks = (Text(text=watch), table, Text(text=version))
    return Section(heading=words["signatures"], blocks=blocks, name="signatures")


def _people_of(role: str, ruleset: Ruleset) -> str:
    holders = [person.name for person in ruleset.people.with_role(role)]
    return f"{_role(role)} ({', '.join(holders)})" if holders else _role(role)


# --- the chart ---------------------------------------------------------------------------------


def raci_document(ruleset: Ruleset, *, now: datetime, language: str = "en") -> Document:
    """Each activity and decision with its one accountable role; and who has the roles."""
    words = _words(language)
    columns = ("activity", "responsible", "accountable", "consulted", "informed")
    chart = Table(
        columns=tuple(words[name] for name in columns),
        rows=tuple(
            (
                label(row.labels, language, row.activity),
                _roles(row.responsible),
                _role(row.accountable),
                _roles(row.consulted),
                _roles(row.informed),
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
        sections=(
            Section(heading=words["raci"], blocks=blocks, name="raci"),
            _role_table(ruleset, words),
        ),
    )


def _roles(names: Sequence[str]) -> str:
    return ", ".join(_role(name) for name in names)


def _role_table(ruleset: Ruleset, words: Mapping[str, str]) -> Section:
    people = ruleset.people
    rows = []
    for role, does in people.roles.items():
        holders = people.with_role(role)
        deputies = {p.deputy for p in holders if p.deputy}
        stand_ins = [people.persons[key].name for key in sorted(deputies) if key in people.persons]
        rows.append(
            (
                _role(role),
                does,
                ", ".join(person.name for person in holders) or words["none"],
                ", ".join(stand_ins) or words["none"],
                ", ".join(_role(m) for m in people.measured_on.get(role, ())),
            )
        )
    columns = ("role", "does", "people", "deputy", "measured")
    table = Table(columns=tuple(words[name] for name in columns), rows=tuple(rows))
    return Section(heading=words["roles"], blocks=(table,), name="roles")
