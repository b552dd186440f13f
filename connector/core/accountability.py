"""Who answers for what: the activities and decisions that a RACI chart must cover, and its gaps."""

from collections.abc import Iterable, Mapping

from connector.core.events import EventKind
from connector.core.rules.promises import Clause, RaciRow
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

#: What somebody does to keep a promise: the event that stops its clock -> the activity.
DOINGS: Mapping[str, str] = {
    EventKind.TOUCHED: "answer",
    EventKind.DELIVERED: "hand_over",
    EventKind.ALERTED: "hand_over",
    EventKind.STAGE_CHANGED: "qualify",
    EventKind.DISQUALIFIED: "qualify",
    EventKind.RECYCLED: "nurture",
    EventKind.ENROLLED: "nurture",
    EventKind.NOTE_WRITTEN: "update_status",
    EventKind.STATUS_CHANGED: "update_status",
    EventKind.OPPORTUNITY_CHANGED: "support_deals",
    EventKind.ACCEPTED: "decide_lead",
    EventKind.CONVERTED: "decide_lead",
    EventKind.REJECTED: "decide_lead",
}


def activity_of(row: RaciRow) -> str:
    """The name of the known activity a row is about, by name or words; else the row's own words."""
    said = {text.casefold() for text in (row.activity, *row.labels.values())}
    for name, labels in ACTIVITIES.items():
        if said & {text.casefold() for text in (name, *labels.values())}:
            return name
    return row.activity


def activity_kept(clause: Clause) -> str:
    """The known activity by which a clause is kept; empty where the chart knows none like it."""
    if clause.holds is not None:
        return "complete_data"
    if clause.at_least is not None:
        return "hand_over"
    if clause.touches is not None:
        return "answer"
    doings = (DOINGS.get(kind) for kind in (*clause.restarts, *clause.stop))
    return next((activity for activity in doings if activity), "")


def unanswered(chart: Iterable[RaciRow]) -> list[str]:
    """The known activities and decisions for which no row names who answers, in their order."""
    answered = {activity_of(row) for row in chart if row.accountable}
    return [name for name in ACTIVITIES if name not in answered]
