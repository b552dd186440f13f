"""The words reports print, in English and French, in one table."""

from collections.abc import Mapping

from connector.reports import more_words

Words = Mapping[str, str]

EN: Words = {
    "language": "en",
    "nothing": "Nothing in this period.",
    "unknown": "(unknown)",
    "not_passed": "(not passed)",
    "no_team": "(no team)",
    "no_reason": "(no reason given)",
    "source": "Source",
    "campaign": "Campaign",
    "segment": "Segment",
    "product": "Product",
    "team": "Team",
    "owner": "Owner",
    "lead": "Lead",
    "on": "On",
    "reason": "Reason",
    "cycle": "Cycle",
    "programme": "Programme",
    "passed": "Passed",
    "accepted": "Accepted",
    "won": "Won",
    "opportunities": "Opportunities",
    "revenue": "Revenue",
    "captured": "Captured",
    "rate.passed": "% passed",
    "rate.accepted": "% accepted",
    "rate.won": "% won",
    "accepted_after": "Accepted after that",
    "won_after": "Won after that",
    "waiting": "Waiting for an answer",
    "rate": "Rate",
    "step": "Step",
    "count": "Count",
    "definition": "Definition",
    "recycle.title": "Recycle report",
    "recycle.numbers": "In short",
    "recycle.came_back": "Came back",
    "recycle.came_back.is": "Leads that sales gave back in this period.",
    "recycle.share": "Share that came back",
    "recycle.share.is": "Of the leads passed in this period, the ones given back since.",
    "recycle.after": "Half came back within",
    "recycle.after.is": "Median time from the hand-off to the return.",
    "recycle.again": "Passed to sales again",
    "recycle.again.is": "Of all leads ever given back, the ones passed again in a later cycle.",
    "recycle.why": "Why they came back",
    "recycle.next": "What to do next",
    "recycle.leads": "{programme}: {leads}",
    "leads": "{count} leads",
    "leads.one": "1 lead",
    "recycle.for": "Given back for: {reasons}.",
    "recycle.under": "under {days} day",
    "recycle.between": "{since} to {until} days",
    "recycle.over": "over {days} days",
    "recycle.no_steps": "The programme names no steps yet: add them in recycling.yaml.",
    "recycle.aside": "Set aside for good",
    "recycle.aside.why": (
        "Nobody writes to these people again, and they are not qualified anew. Nothing is to be "
        "done: the rep's honest word spared everybody time."
    ),
    "recycle.where": "Where they came from",
    "recycle.where.note": (
        "Passed: handed over in this period. Came back: given back in this period, whenever "
        "passed. Share: of those handed over in this period, given back since."
    ),
    "recycle.when": "After how long",
    "recycle.when.words": "Half within {median}, nine of ten within {p90} ({leads}).",
    "recycle.earlier": "What came of earlier recycled leads",
    "recycle.earlier.note": "All leads ever given back, by the programme that took them on.",
    "recycle.passed_again": "Passed again",
    "recycle.list": "The leads",
    "recycle.list.note": (
        "The number is the contact's id in HubSpot. `leadrelay lead <id>` tells the whole story of "
        "one of them."
    ),
    "recycle.foot.back": (
        "Came back: sales gave the disposition recycle, junk or unreachable; counted once a cycle, "
        "on the day it came back."
    ),
    "recycle.foot.passed": (
        "Passed: the hand-off to a named owner; a lead that returns and is passed again counts "
        "once in each cycle."
    ),
    "funnel.title": "Funnel",
    "funnel.cohort": "By cohort: leads captured, or returned, in this period",
    "funnel.chart": "From captured to customer",
    "funnel.steps": "Every step and its rate",
    "funnel.delays": "How fast",
    "funnel.system": "System delay (median)",
    "funnel.system.is": "From the hand-off to Salesforce's confirmation: our own time.",
    "funnel.human": "Answer by sales (median)",
    "funnel.human.is": "From the confirmation to the first touch, status or answer.",
    "funnel.p90": "Nine of ten within {p90} ({leads}).",
    "funnel.money": "Revenue",
    "funnel.deals": "({count} won)",
    "funnel.by.note": (
        "% passed: of the captured. % accepted and % won: of the passed. Revenue in {currency}."
    ),
    "funnel.money.is": "Sum of the opportunities that are won now, by the rate of the day.",
    "funnel.money.missing": "Without a rate, and so not added: {amounts}.",
    "funnel.open": "Waiting",
    "funnel.open.is": "Passed, and neither accepted nor given back yet.",
    "funnel.by": "By {what}",
    "funnel.rate.note": "Each rate is the share of the step before; counts stand beside it.",
    "lead.now": "Today",
    "lead.what": "What",
    "lead.value": "Value",
    "lead.score": "Score",
    "lead.parts": "fit {fit}, intent {intent}, completeness {completeness}",
    "lead.with_sales": "{owner}",
    "lead.no_owner": "(with marketing)",
    "lead.goal": "Missing for the next stage",
    "lead.cool_down": "Left in peace until",
    "lead.story": "The story",
    "lead.when": "When (UTC)",
    "lead.happened": "What happened",
    "lead.by": "By",
    "lead.rule": "Rule",
    "lead.open": "Still to be done",
    "lead.state": "State",
    "lead.where": "Where",
    "lead.because": "Because",
    "lead.remedy": "Remedy",
    "lead.nothing_open": "Nothing.",
    "lead.given_up": "Given up",
    "lead.ids": "Identity",
    "lead.brief": "What sales was told",
    "lead.written": "What was written",
    "lead.fields": "Fields",
    "lead.nothing_written": "Nothing yet.",
    "lead.since": "Since",
    "lead.until": "Until",
    "lead.not_linked": "Not in Salesforce yet.",
}

FR: Words = {
    "language": "fr",
    "nothing": "Rien dans cette période.",
    "unknown": "(inconnu)",
    "not_passed": "(pas transmis)",
    "no_team": "(sans équipe)",
    "no_reason": "(sans motif)",
    "source": "Source",
    "campaign": "Campagne",
    "segment": "Segment",
    "product": "Produit",
    "team": "Équipe",
    "owner": "Responsable",
    "lead": "Lead",
    "on": "Le",
    "reason": "Motif",
    "cycle": "Cycle",
    "programme": "Programme",
    "passed": "Transmis",
    "accepted": "Acceptés",
    "won": "Gagnés",
    "opportunities": "Opportunités",
    "revenue": "Chiffre d'affaires",
    "captured": "Captés",
    "rate.passed": "% transmis",
    "rate.accepted": "% acceptés",
    "rate.won": "% gagnés",
    "accepted_after": "Acceptés ensuite",
    "won_after": "Gagnés ensuite",
    "waiting": "En attente de réponse",
    "rate": "Taux",
    "step": "Étape",
    "count": "Nombre",
    "definition": "Définition",
    "recycle.title": "Rapport de recyclage",
    "recycle.numbers": "En bref",
    "recycle.came_back": "Rendus",
    "recycle.came_back.is": "Leads rendus par les ventes dans la période.",
    "recycle.share": "Part rendue",
    "recycle.share.is": "Parmi les leads transmis dans la période, ceux rendus depuis.",
    "recycle.after": "La moitié revient en",
    "recycle.after.is": "Délai médian entre la transmission et le retour.",
    "recycle.again": "Transmis à nouveau",
    "recycle.again.is": "Parmi tous les leads rendus, ceux transmis à nouveau dans un autre cycle.",
    "recycle.why": "Pourquoi ils ont été rendus",
    "recycle.next": "Que faire maintenant",
    "recycle.leads": "{programme} : {leads}",
    "leads": "{count} leads",
    "leads.one": "1 lead",
    "recycle.for": "Rendus pour : {reasons}.",
    "recycle.under": "moins de {days} jour",
    "recycle.between": "{since} à {until} jours",
    "recycle.over": "plus de {days} jours",
    "recycle.no_steps": "Le programme ne dit rien encore : complétez recycling.yaml.",
    "recycle.aside": "Mis de côté définitivement",
    "recycle.aside.why": (
        "Personne ne leur écrit plus, et ils ne seront pas requalifiés. Rien à faire : la parole "
        "franche du commercial a fait gagner du temps à tous."
    ),
    "recycle.where": "D'où ils venaient",
    "recycle.where.note": (
        "Transmis : pendant la période. Rendus : pendant la période, quelle que soit la date de "
        "transmission. Part : parmi les transmis de la période, ceux rendus depuis."
    ),
    "recycle.when": "Au bout de combien de temps",
    "recycle.when.words": ("La moitié en {median}, neuf sur dix en {p90} ({leads})."),
    "recycle.earlier": "Ce que sont devenus les leads recyclés",
    "recycle.earlier.note": "Tous les leads rendus, par programme qui les a repris.",
    "recycle.passed_again": "Transmis à nouveau",
    "recycle.list": "Les leads",
    "recycle.list.note": (
        "Le numéro est celui du contact dans HubSpot. `leadrelay lead <id>` raconte toute "
        "l'histoire de l'un d'eux."
    ),
    "recycle.foot.back": (
        "Revenu : les ventes ont donné la disposition recyclage, rebut ou injoignable ; compté une "
        "fois par cycle, le jour du retour."
    ),
    "recycle.foot.passed": (
        "Transmis : remise à un responsable nommé ; un lead revenu puis transmis à nouveau compte "
        "une fois par cycle."
    ),
    "funnel.title": "Entonnoir",
    "funnel.cohort": "Par cohorte : leads captés, ou revenus, dans la période",
    "funnel.chart": "De capté à client",
    "funnel.steps": "Chaque étape et son taux",
    "funnel.delays": "À quelle vitesse",
    "funnel.system": "Délai du système (médian)",
    "funnel.system.is": "De la transmission à la confirmation de Salesforce : notre propre temps.",
    "funnel.human": "Réponse des ventes (médiane)",
    "funnel.human.is": "De la confirmation au premier contact, statut ou réponse.",
    "funnel.p90": "Neuf sur dix en {p90} ({leads}).",
    "funnel.deals": "({count} gagnés)",
    "funnel.by.note": (
        "% transmis : des captés. % acceptés et % gagnés : des transmis. Montants en {currency}."
    ),
    "funnel.money": "Chiffre d'affaires",
    "funnel.money.is": "Somme des opportunités gagnées à ce jour, au cours du jour.",
    "funnel.money.missing": "Sans cours, donc non ajoutés : {amounts}.",
    "funnel.open": "En attente",
    "funnel.open.is": "Transmis, ni acceptés ni rendus à ce jour.",
    "funnel.by": "Par {what}",
    "funnel.rate.note": "Chaque taux est la part de l'étape précédente ; le nombre est à côté.",
    "lead.now": "Aujourd'hui",
    "lead.what": "Quoi",
    "lead.value": "Valeur",
    "lead.score": "Score",
    "lead.parts": "profil {fit}, intérêt {intent}, complétude {completeness}",
    "lead.with_sales": "{owner}",
    "lead.no_owner": "(au marketing)",
    "lead.goal": "Manque pour l'étape suivante",
    "lead.cool_down": "Laissé en paix jusqu'au",
    "lead.story": "L'histoire",
    "lead.when": "Quand (UTC)",
    "lead.happened": "Ce qui s'est passé",
    "lead.by": "Par",
    "lead.rule": "Règle",
    "lead.open": "Reste à faire",
    "lead.state": "État",
    "lead.where": "Où",
    "lead.because": "Parce que",
    "lead.remedy": "Remède",
    "lead.nothing_open": "Rien.",
    "lead.given_up": "Abandonné",
    "lead.ids": "Identité",
    "lead.brief": "Ce que les ventes ont reçu",
    "lead.written": "Ce qui a été écrit",
    "lead.fields": "Champs",
    "lead.nothing_written": "Rien encore.",
    "lead.since": "Depuis",
    "lead.until": "Jusqu'au",
    "lead.not_linked": "Pas encore dans Salesforce.",
}

LANGUAGES: Mapping[str, Words] = {
    "en": {**EN, **more_words.EN},
    "fr": {**FR, **more_words.FR},
}


def headings(words: Words, *names: str) -> tuple[str, ...]:
    """What stands above the columns of a table."""
    return tuple(words[name] for name in names)


def leads(count: int, words: Words) -> str:
    """So many leads, in words."""
    return words["leads.one"] if count == 1 else words["leads"].format(count=count)


def words_of(language: str) -> Words:
    """The words of a language; English where it is not known."""
    return LANGUAGES.get(language, EN)
