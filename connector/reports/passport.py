"""The lead passport: one person's whole story, across cycles and across both systems."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.core.events import Event, EventKind
from connector.core.plan import ActionKind, ActionState, Json
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.ports import LeadRow, Link, StoredAction, StoredEvent
from connector.reports.document import Document, Section, Table, Text
from connector.reports.words import Words, words_of


def passport(
    row: LeadRow,
    events: Sequence[StoredEvent],
    actions: Sequence[StoredAction],
    links: Sequence[Link],
    ruleset: Ruleset,
    *,
    now: datetime,
    language: str = "en",
    rehearsal: bool = False,
) -> Document:
    """Every line says when, what, who, and by which rule of which version of the files.

    It shows personal data on purpose: somebody asked for this one person.
    """
    words = words_of(language)
    name = _name(row) or row.state.lead_id
    return Document(
        name="lead",
        title=name,
        subtitle=_subtitle(row, ruleset, words, language),
        language=language,
        made_at=now,
        ruleset=ruleset.version,
        rehearsal=rehearsal,
        sections=(
            _now(row, ruleset, words, language),
            _story(events, ruleset, words, language),
            _open(actions, words),
            _identity(row, links, words),
        ),
    )


def _name(row: LeadRow) -> str:
    parts = (row.values.get("first_name"), row.values.get("last_name"))
    return " ".join(str(p) for p in parts if p)


def _subtitle(row: LeadRow, ruleset: Ruleset, words: Words, language: str) -> str:
    stage = ruleset.vocabulary.stages.get(row.state.stage)
    spoken = label(stage.labels, language, row.state.stage) if stage else row.state.stage
    company = str(row.values.get("company") or "")
    parts = (company, spoken, f"{words['cycle']} {row.state.cycle}", row.state.lead_id)
    return " · ".join(part for part in parts if part)


def _now(row: LeadRow, ruleset: Ruleset, words: Words, language: str) -> Section:
    owner = ruleset.people.persons.get(row.state.owner or "")
    sales = words["lead.with_sales"].format(owner=owner.name if owner else row.state.owner or "–")
    lines: list[tuple[str, str]] = [
        (words["lead.score"], _score(row, words)),
        (words["owner"], sales if row.state.owner else words["lead.no_owner"]),
    ]
    if row.goal:
        lines.append((words["lead.goal"], row.goal))
    if row.state.disposition:
        reason = ruleset.vocabulary.reasons.get(row.state.reason or "")
        spoken = label(reason.labels, language, reason.name) if reason else row.state.reason or ""
        lines.append((words["reason"], f"{row.state.disposition}, {spoken}".rstrip(", ")))
    if row.state.cool_down_until:
        lines.append((words["lead.cool_down"], f"{row.state.cool_down_until:%Y-%m-%d}"))
    table = Table(columns=(words["lead.what"], words["lead.value"]), rows=tuple(lines))
    return Section(heading=words["lead.now"], blocks=(table,), name="now")


def _score(row: LeadRow, words: Words) -> str:
    parts = words["lead.parts"].format(
        fit=round(row.score_fit),
        intent=round(row.score_intent),
        completeness=round(row.score_completeness),
    )
    return f"{row.score:.0f} {row.temperature} ({parts})"


def _story(events: Sequence[StoredEvent], ruleset: Ruleset, words: Words, language: str) -> Section:
    ordered = sorted(events, key=lambda e: (e.event.at, e.number))
    rows = tuple(
        (
            f"{stored.event.at:%Y-%m-%d %H:%M}",
            stored.event.cycle,
            told(stored.event, ruleset, language),
            _by(stored.event, ruleset),
            _rule(stored.event),
        )
        for stored in ordered
    )
    table = Table(
        columns=(
            words["lead.when"],
            words["cycle"],
            words["lead.happened"],
            words["lead.by"],
            words["lead.rule"],
        ),
        rows=rows,
        empty=words["nothing"],
    )
    return Section(heading=words["lead.story"], blocks=(table,), name="story")


def _by(event: Event, ruleset: Ruleset) -> str:
    person = ruleset.people.persons.get(event.by)
    return person.name if person else event.by


def _rule(event: Event) -> str:
    place = f"{event.place}" if event.place.line else ""
    named = f"{event.rule} ({place})" if event.rule and place else event.rule or place
    return f"{named} @{event.ruleset[:7]}" if named and event.ruleset else named


def _open(actions: Sequence[StoredAction], words: Words) -> Section:
    waiting = [
        s
        for s in actions
        if s.state not in (ActionState.DONE, ActionState.DISMISSED)
        and s.action.kind is not ActionKind.SKIP
    ]
    rows = tuple(
        (
            s.state.value,
            s.action.destination.value,
            f"{s.action.kind} {s.action.record_kind}",
            s.action.problem.what if s.action.problem else s.action.because,
            s.action.problem.remedy if s.action.problem else "",
        )
        for s in waiting
    )
    table = Table(
        columns=(
            words["lead.state"],
            words["lead.where"],
            words["lead.what"],
            words["lead.because"],
            words["lead.remedy"],
        ),
        rows=rows,
        empty=words["lead.nothing_open"],
    )
    return Section(heading=words["lead.open"], blocks=(table,), name="open")


def _identity(row: LeadRow, links: Sequence[Link], words: Words) -> Section:
    rows = tuple(
        (
            f"HubSpot {link.hubspot_id}",
            f"Salesforce {link.salesforce_kind} {link.salesforce_id}",
            f"{link.since:%Y-%m-%d %H:%M}",
            f"{link.until:%Y-%m-%d %H:%M}" if link.until else "",
            link.why,
        )
        for link in links
    )
    if not rows:
        text = Text(text=f"HubSpot {row.hubspot_id}. {words['lead.not_linked']}")
        return Section(heading=words["lead.ids"], blocks=(text,), name="ids")
    table = Table(
        columns=("HubSpot", "Salesforce", words["lead.since"], words["lead.until"], ""), rows=rows
    )
    return Section(heading=words["lead.ids"], blocks=(table,), name="ids")


def told(event: Event, ruleset: Ruleset, language: str) -> str:
    """One event in words."""
    sentence = SENTENCES.get(language, SENTENCES["en"])[event.kind]
    data = {name: _spoken(name, value, ruleset, language) for name, value in event.data.items()}
    return " ".join(sentence.format_map(_Blank(data)).split()).strip(" :,–").replace("()", "")


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _spoken(name: str, value: Json, ruleset: Ruleset, language: str) -> str:
    text = "" if value is None else str(value)
    vocabulary = ruleset.vocabulary
    if name in ("from", "to") and text in vocabulary.stages:
        return label(vocabulary.stages[text].labels, language, text)
    if name in ("owner", "to", "from", "by") and text in ruleset.people.persons:
        return ruleset.people.persons[text].name
    tables: Mapping[str, Mapping[str, object]] = {
        "reason": vocabulary.reasons,
        "disposition": vocabulary.dispositions,
        "programme": ruleset.recycling.programmes,
        "clause": ruleset.promises.clauses,
    }
    entry = tables.get(name, {}).get(text)
    labels = getattr(entry, "labels", None)
    return label(labels, language, text) if labels else text


SENTENCES: Mapping[str, Mapping[EventKind, str]] = {
    "en": {
        EventKind.CAPTURED: "Captured from {source} {campaign}",
        EventKind.STAGE_CHANGED: "{from} → {to}: {because}",
        EventKind.DISQUALIFIED: "Not a lead: {reason}",
        EventKind.QUEUED_FOR_CENTRE: "Waits for the lead centre",
        EventKind.ROUTED: "Goes to {owner}: {because}",
        EventKind.HANDED_OFF: "Handed over to {owner} with score {score}",
        EventKind.DELIVERED: "Arrived in Salesforce ({salesforce_id})",
        EventKind.ALERTED: "Owner told by {channel}",
        EventKind.STATUS_CHANGED: "Status in Salesforce: {from} → {to}",
        EventKind.TOUCHED: "Contact by {channel}",
        EventKind.NOTE_WRITTEN: "Note written",
        EventKind.ACCEPTED: "Accepted by sales",
        EventKind.REJECTED: "Given back: {disposition}, {reason}",
        EventKind.CONVERTED: "Converted to contact {contact}",
        EventKind.OPPORTUNITY_CREATED: "Opportunity {opportunity} {amount} {currency}",
        EventKind.OPPORTUNITY_CHANGED: "Opportunity: {from} → {to} {amount} {currency}",
        EventKind.WON: "Won: {amount} {currency}",
        EventKind.LOST: "Lost",
        EventKind.REOPENED: "Opportunity reopened",
        EventKind.STALLED: "Opportunity without update: marketing may support it",
        EventKind.OWNER_CHANGED: "Owner: {from} → {to}",
        EventKind.RECYCLED: "Recycled to {programme}; goal: {goal}",
        EventKind.ENROLLED: "Enrolled in {programme}",
        EventKind.CYCLE_OPENED: "Cycle {cycle} opens",
        EventKind.MERGED: "Merged in {system}: {loser} into {survivor}",
        EventKind.DELETED: "Deleted in {system}",
        EventKind.RESTORED: "Restored in {system}",
        EventKind.ERASED: "Personal data erased",
        EventKind.OPTED_OUT: "Opted out in {system}",
        EventKind.CONFLICT: "Both sides changed {field}",
        EventKind.DISPUTED: "Contested: {clause}",
        EventKind.DISPUTE_SETTLED: "Dispute settled, upheld: {upheld}",
        EventKind.PROMISE_KEPT: "Promise kept: {clause}",
        EventKind.PROMISE_AT_RISK: "Promise at risk: {clause}",
        EventKind.PROMISE_BROKEN: "Promise broken: {clause}",
        EventKind.ESCALATED: "Escalated to {to}: {clause}",
        EventKind.REASSIGNED: "Reassigned: {from} → {to}",
        EventKind.APPOINTMENT_MADE: "Appointment made for {for}",
        EventKind.PASSED_ON: "Passed on: {from} → {to}: {because}",
    },
    "fr": {
        EventKind.CAPTURED: "Capté par {source} {campaign}",
        EventKind.STAGE_CHANGED: "{from} → {to} : {because}",
        EventKind.DISQUALIFIED: "Pas un lead : {reason}",
        EventKind.QUEUED_FOR_CENTRE: "En attente au centre de leads",
        EventKind.ROUTED: "Va à {owner} : {because}",
        EventKind.HANDED_OFF: "Transmis à {owner}, score {score}",
        EventKind.DELIVERED: "Arrivé dans Salesforce ({salesforce_id})",
        EventKind.ALERTED: "Responsable averti par {channel}",
        EventKind.STATUS_CHANGED: "Statut dans Salesforce : {from} → {to}",
        EventKind.TOUCHED: "Contact par {channel}",
        EventKind.NOTE_WRITTEN: "Note écrite",
        EventKind.ACCEPTED: "Accepté par les ventes",
        EventKind.REJECTED: "Rendu : {disposition}, {reason}",
        EventKind.CONVERTED: "Converti en contact {contact}",
        EventKind.OPPORTUNITY_CREATED: "Opportunité {opportunity} {amount} {currency}",
        EventKind.OPPORTUNITY_CHANGED: "Opportunité : {from} → {to} {amount} {currency}",
        EventKind.WON: "Gagné : {amount} {currency}",
        EventKind.LOST: "Perdu",
        EventKind.REOPENED: "Opportunité rouverte",
        EventKind.STALLED: "Opportunité sans nouvelle : le marketing peut aider",
        EventKind.OWNER_CHANGED: "Responsable : {from} → {to}",
        EventKind.RECYCLED: "Recyclé vers {programme} ; objectif : {goal}",
        EventKind.ENROLLED: "Inscrit à {programme}",
        EventKind.CYCLE_OPENED: "Le cycle {cycle} commence",
        EventKind.MERGED: "Fusionné dans {system} : {loser} dans {survivor}",
        EventKind.DELETED: "Supprimé dans {system}",
        EventKind.RESTORED: "Restauré dans {system}",
        EventKind.ERASED: "Données personnelles effacées",
        EventKind.OPTED_OUT: "Désinscrit dans {system}",
        EventKind.CONFLICT: "Les deux côtés ont changé {field}",
        EventKind.DISPUTED: "Contesté : {clause}",
        EventKind.DISPUTE_SETTLED: "Contestation réglée, retenue : {upheld}",
        EventKind.PROMISE_KEPT: "Engagement tenu : {clause}",
        EventKind.PROMISE_AT_RISK: "Engagement menacé : {clause}",
        EventKind.PROMISE_BROKEN: "Engagement rompu : {clause}",
        EventKind.ESCALATED: "Remonté à {to} : {clause}",
        EventKind.REASSIGNED: "Réattribué : {from} → {to}",
        EventKind.APPOINTMENT_MADE: "Rendez-vous pris pour le {for}",
        EventKind.PASSED_ON: "Passé à {to} par {from} : {because}",
    },
}
