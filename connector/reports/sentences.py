"""Each kind of event as a sentence, in English and French."""

import re
from collections.abc import Mapping

from connector.core.because import Because
from connector.core.events import Event, EventKind
from connector.core.plan import Json
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_NAMES = re.compile(r"\{(\w+)\}")
_KILOBYTES = {"en": "kB", "fr": "ko"}


def told(event: Event, ruleset: Ruleset, language: str) -> str:
    """One event in words."""
    sentence = SENTENCES.get(language, SENTENCES["en"])[event.kind]
    data = {name: _spoken(name, value, ruleset, language) for name, value in event.data.items()}
    told_parts = _OPTIONAL.sub(lambda part: _if_known(part[1], data), sentence)
    return " ".join(told_parts.format_map(_Blank(data)).split())


def _if_known(part: str, data: Mapping[str, str]) -> str:
    """A bracketed part of a sentence, where the event carries all that it names."""
    return part if all(data.get(name) for name in _NAMES.findall(part)) else ""


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _spoken(name: str, value: Json, ruleset: Ruleset, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(_spoken(name, one, ruleset, language) for one in value)
    text = "" if value is None else str(value)
    vocabulary = ruleset.vocabulary
    if name == "size":
        return f"{-(-int(text or 0) // 1_000)} {_KILOBYTES.get(language, 'kB')}"
    if name == "because":
        return Because(ruleset, language).told(text)
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


#: `{name}` is a value of the event; a part in brackets is left out where one is missing.
SENTENCES: Mapping[str, Mapping[EventKind, str]] = {
    "en": {
        EventKind.CAPTURED: "Captured[ from {source}][, campaign {campaign}]",
        EventKind.STAGE_CHANGED: "{from} → {to}[: {because}]",
        EventKind.DISQUALIFIED: "Not a lead[: {reason}]",
        EventKind.QUEUED_FOR_CENTRE: "Waits for the lead centre",
        EventKind.ROUTED: "Goes to {owner}[: {because}]",
        EventKind.HANDED_OFF: "Handed over to {owner}[ with score {score}]",
        EventKind.DELIVERED: "Arrived in Salesforce[ ({salesforce_id})]",
        EventKind.ALERTED: "Owner told by {channel}",
        EventKind.STATUS_CHANGED: "Status in Salesforce: [{from} → ]{to}",
        EventKind.TOUCHED: "Contact by {channel}",
        EventKind.NOTE_WRITTEN: "Note written",
        EventKind.FILE_ADDED: "File added[: {format}, {size}][ ({file})]",
        EventKind.COMMENTED: "Comment written",
        EventKind.ACCEPTED: "Accepted by sales",
        EventKind.REJECTED: "Given back: {disposition}[, {reason}]",
        EventKind.CONVERTED: "Converted[ to contact {contact}]",
        EventKind.OPPORTUNITY_CREATED: "Opportunity {opportunity}[, {amount} {currency}]",
        EventKind.OPPORTUNITY_CHANGED: "Opportunity: {from} → {to}[, {amount} {currency}]",
        EventKind.WON: "Won[: {amount} {currency}]",
        EventKind.LOST: "Lost",
        EventKind.REOPENED: "Opportunity reopened",
        EventKind.STALLED: "Opportunity without update: marketing may support it",
        EventKind.OWNER_CHANGED: "Owner: {from} → {to}",
        EventKind.CONTACT_OWNER_CHANGED: "Owner in HubSpot[: {to}]",
        EventKind.RECYCLED: "Recycled[ to {programme}][; goal: {goal}]",
        EventKind.ENROLLED: "Enrolled in {programme}",
        EventKind.CYCLE_OPENED: "Cycle {cycle} opens",
        EventKind.MERGED: "Merged in {system}: {loser} into {survivor}",
        EventKind.DELETED: "Deleted in {system}",
        EventKind.RESTORED: "Restored in {system}",
        EventKind.ROLLED_BACK: "Put back in {system}: {fields}[ (written by {run})]",
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
        EventKind.CAPTURED: "Capté[ par {source}][, campagne {campaign}]",
        EventKind.STAGE_CHANGED: "{from} → {to}[ : {because}]",
        EventKind.DISQUALIFIED: "Pas un lead[ : {reason}]",
        EventKind.QUEUED_FOR_CENTRE: "En attente au centre de leads",
        EventKind.ROUTED: "Va à {owner}[ : {because}]",
        EventKind.HANDED_OFF: "Transmis à {owner}[, score {score}]",
        EventKind.DELIVERED: "Arrivé dans Salesforce[ ({salesforce_id})]",
        EventKind.ALERTED: "Responsable averti par {channel}",
        EventKind.STATUS_CHANGED: "Statut dans Salesforce : [{from} → ]{to}",
        EventKind.TOUCHED: "Contact par {channel}",
        EventKind.NOTE_WRITTEN: "Note écrite",
        EventKind.FILE_ADDED: "Fichier ajouté[ : {format}, {size}][ ({file})]",
        EventKind.COMMENTED: "Commentaire écrit",
        EventKind.ACCEPTED: "Accepté par les ventes",
        EventKind.REJECTED: "Rendu : {disposition}[, {reason}]",
        EventKind.CONVERTED: "Converti[ en contact {contact}]",
        EventKind.OPPORTUNITY_CREATED: "Opportunité {opportunity}[, {amount} {currency}]",
        EventKind.OPPORTUNITY_CHANGED: "Opportunité : {from} → {to}[, {amount} {currency}]",
        EventKind.WON: "Gagné[ : {amount} {currency}]",
        EventKind.LOST: "Perdu",
        EventKind.REOPENED: "Opportunité rouverte",
        EventKind.STALLED: "Opportunité sans nouvelle : le marketing peut aider",
        EventKind.OWNER_CHANGED: "Responsable : {from} → {to}",
        EventKind.CONTACT_OWNER_CHANGED: "Responsable dans HubSpot[ : {to}]",
        EventKind.RECYCLED: "Recyclé[ vers {programme}][ ; objectif : {goal}]",
        EventKind.ENROLLED: "Inscrit à {programme}",
        EventKind.CYCLE_OPENED: "Le cycle {cycle} commence",
        EventKind.MERGED: "Fusionné dans {system} : {loser} dans {survivor}",
        EventKind.DELETED: "Supprimé dans {system}",
        EventKind.RESTORED: "Restauré dans {system}",
        EventKind.ROLLED_BACK: "Remis en état dans {system} : {fields}[ (écrit par {run})]",
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
