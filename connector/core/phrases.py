"""The sentences of briefs, tasks and alerts in English and French, and how values are shown."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.core.records import Value

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "why": "WHY THIS LEAD IS READY",
        "rule": "{stage} by rule '{rule}' ({place}, agreement {version})",
        "score": "Score {score}{parts}",
        "cycle": "cycle {cycle}",
        "came_back": "Came back earlier: {reason}",
        "routed": "Yours because: {because}",
        "evidence": "STRONGEST EVIDENCE",
        "bant": "BANT",
        "budget": "Budget",
        "authority": "Authority",
        "need": "Need",
        "timing": "Timing",
        "fit": "fit",
        "intent": "intent",
        "completeness": "completeness",
        "hot": "hot",
        "warm": "warm",
        "cold": "cold",
        "yes": "yes",
        "no": "not yet",
        "true": "yes",
        "false": "no",
        "promise": "PROMISED: {promise}, by {moment}",
        "follow_ups": "PLANNED TOUCHES, EACH BY",
        "touch": "{channel} {number} of {all}",
        "next_touch": "{touch}: {who}",
        "made": "MADE SO FAR: {touches}",
        "phone": "call",
        "contact": "CONTACT",
        "activities": "LATEST ACTIVITIES",
        "missing": "STILL UNKNOWN: ASK NEXT",
        "messages": "MESSAGES AT HAND: {names}",
        "first": "Suggested now, '{name}':",
        "cut": "[{lines} more lines do not fit here]",
        "contact_now": "Contact",
        "page_view": "page seen",
        "form": "form sent",
        "email_open": "e-mail opened",
        "email_click": "link in e-mail clicked",
        "meeting": "meeting",
        "call": "call",
        "email": "e-mail",
        "note": "note",
        "task": "task",
    },
    "fr": {
        "why": "POURQUOI CE LEAD EST PRÊT",
        "rule": "{stage} selon la règle « {rule} » ({place}, accord {version})",
        "score": "Score {score}{parts}",
        "cycle": "cycle {cycle}",
        "came_back": "Déjà rendu : {reason}",
        "routed": "À vous parce que : {because}",
        "evidence": "PREUVES LES PLUS FORTES",
        "bant": "BANT",
        "budget": "Budget",
        "authority": "Autorité",
        "need": "Besoin",
        "timing": "Échéance",
        "fit": "profil",
        "intent": "intérêt",
        "completeness": "complétude",
        "hot": "chaud",
        "warm": "tiède",
        "cold": "froid",
        "yes": "oui",
        "no": "pas encore",
        "true": "oui",
        "false": "non",
        "promise": "PROMIS : {promise}, avant le {moment}",
        "follow_ups": "CONTACTS PRÉVUS, CHACUN AVANT",
        "touch": "{channel} {number} sur {all}",
        "next_touch": "{touch} : {who}",
        "made": "FAIT JUSQU'ICI : {touches}",
        "phone": "appel",
        "contact": "CONTACT",
        "activities": "DERNIÈRES ACTIVITÉS",
        "missing": "ENCORE INCONNU : À DEMANDER",
        "messages": "MESSAGES PRÊTS : {names}",
        "first": "Proposé maintenant, « {name} » :",
        "cut": "[{lines} lignes de plus n'ont pas de place ici]",
        "contact_now": "Contacter",
        "page_view": "page vue",
        "form": "formulaire envoyé",
        "email_open": "e-mail ouvert",
        "email_click": "lien d'un e-mail suivi",
        "meeting": "rendez-vous",
        "call": "appel",
        "email": "e-mail",
        "note": "note",
        "task": "tâche",
    },
}

ALERTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "fault": "A fault holds up {count} lead(s): {cause}",
        "escalated": "Needs your help ({count}): {cause}",
        "proposed": "To give back with a reason, or to say what comes next ({count}): {cause}",
        "broken": "Past its time ({count}): {cause}",
        "at_risk": "Soon due ({count}): {cause}",
        "endangered": "At risk ({count}): {cause}",
        "new_lead": "New lead(s) for you ({count}): {cause}",
        "due": ", due {moment}",
        "digest": "{count} matters for you",
        "more": "- and {count} more",
    },
    "fr": {
        "fault": "Une panne retient {count} lead(s) : {cause}",
        "escalated": "Votre aide est demandée ({count}) : {cause}",
        "proposed": "À rendre avec un motif, ou dire la suite ({count}) : {cause}",
        "broken": "Délai dépassé ({count}) : {cause}",
        "at_risk": "Bientôt dû ({count}) : {cause}",
        "endangered": "À risque ({count}) : {cause}",
        "new_lead": "Nouveau(x) lead(s) pour vous ({count}) : {cause}",
        "due": ", échéance {moment}",
        "digest": "{count} sujets pour vous",
        "more": "- et {count} de plus",
    },
}

THIN_SPACE = "\u202f"
DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}


@lru_cache(maxsize=1_024)  # a page of hand-offs is due at a handful of moments
def shown_moment(at: datetime, zone: str, language: str) -> str:
    """Day, date, time and zone on the reader's clock: `Mon 2026-03-02 11:00 (Europe/Paris)`.

    The date is written the one way that nobody misreads.
    """
    local = at.astimezone(ZoneInfo(zone))
    day = DAYS.get(language, DAYS["en"])[local.weekday()]
    return f"{day} {local:%Y-%m-%d %H:%M} ({zone})"


def shown(value: Value, language: str) -> str:
    """A value as people read it; numbers from 10 000 in groups of three (ISO 80000-1)."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, bool):
        return PHRASES.get(language, PHRASES["en"])[str(value).lower()]
    if isinstance(value, (int, Decimal)):
        return (
            f"{value:,}".replace(",", THIN_SPACE) if abs(Decimal(value)) >= 10_000 else str(value)
        )
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return ""
