"""The words of the reports about promises, in English and French."""

from connector.reports.words import Words

EN: Words = {
    "title": "Promises",
    "short": "In short",
    "sales": "Kept by sales",
    "marketing": "Kept by marketing",
    "kept.is": "Of the promises that ended or fell due in this period, those kept in time.",
    "running": "Running now",
    "running.is": "Promises that somebody still owes, at this moment.",
    "late": "Late now",
    "late.is": "Running promises whose time is over and that nobody has answered yet.",
    "clauses": "By clause",
    "clauses.note": (
        "Open, at risk and late: how the running ones stand now. Kept and broken: those that ended "
        "or fell due in this period. Median: time taken on the clause's own clock."
    ),
    "people": "By person",
    "people.note": (
        "Each promise counts for whoever owed the answer when it ended. Numbers explain delays; "
        "they are no verdict on people."
    ),
    "kudos": "Kept every promise",
    "kudos.none": "Nobody had a promise to keep in this period.",
    "disputes": "Contested rules",
    "disputes.note": "An upheld dispute counts against the rule, not against a person.",
    "side": "Side",
    "clause": "Clause",
    "person": "Person",
    "open": "Open",
    "at_risk": "At risk",
    "overdue": "Late",
    "kept": "Kept",
    "broken": "Broken",
    "share": "Kept in time",
    "median": "Median",
    "rule": "Rule",
    "disputed": "Contested",
    "upheld": "Upheld",
    "rejected": "Rejected",
    "waiting": "Waiting",
    "lead.why": "Why {owner}",
    "lead.nobody": "Nobody in sales has this lead.",
    "lead.back": "{owner} had this lead in cycle {cycle}; nobody in sales has it now.",
    "lead.step": "What was weighed",
    "lead.answered": "Was it answered in time?",
    "lead.none": "No promise has begun for this lead.",
    "lead.started": "Began",
    "lead.due": "Due",
    "lead.ended": "Ended",
    "lead.took": "Took",
    "lead.state": "Verdict",
    "lead.cycle": "Cycle",
    "lead.clocks": "Two clocks",
    "lead.system": "Systems: from the hand-off to the CRM's confirmation",
    "lead.human": "People: from there to the first answer, in working hours",
    "lead.not_yet": "not yet",
    "lead.yes": "Yes. {person}: {clause}; answered {ended}, {took} of {within} used.",
    "lead.no": "No. {person}: {clause}; it was due {due}, and nobody has answered yet.",
    "lead.open": "Not yet. {person}: {clause}; it is due {due}.",
    "lead.late": (
        "No. {person}: {clause}; it was due {due}, and answered {ended}, after {took} of {within}."
    ),
    "lead.taken": (
        "No. {person}: {clause}; it was due {due}. Nobody had answered when the lead went on, "
        "{ended}."
    ),
    "lead.lapsed": "Nothing owed any more. {person}: {clause}; the lead went on {ended}, in time.",
    "lead.next": "Next planned touch, number {number}: {channel} by {moment}.",
    "channel.phone": "call",
    "channel.email": "e-mail",
    "lead.instead": "instead of {person}, who had not kept: {clause}",
    "lead.by_hand": "changed in Salesforce by {by}",
    "lead.at_work": " at work",
    "lead.zone": (
        "Moments by the clock of {zone}. Several runs of one clause, all kept, are one line with "
        "the longest time."
    ),
    "side.sales": "Sales",
    "side.marketing": "Marketing",
    "is.open": "open",
    "is.at_risk": "at risk",
    "is.paused": "paused",
    "is.kept": "kept",
    "is.broken": "broken",
    "is.lapsed": "lapsed",
}
FR: Words = {
    "title": "Engagements",
    "short": "En bref",
    "sales": "Tenus par les ventes",
    "marketing": "Tenus par le marketing",
    "kept.is": "Parmi les engagements échus dans la période, ceux tenus à temps.",
    "running": "En cours",
    "running.is": "Engagements que quelqu'un doit encore, en ce moment.",
    "late": "En retard",
    "late.is": "Engagements en cours dont le délai est passé, encore sans réponse.",
    "clauses": "Par clause",
    "clauses.note": (
        "Ouverts, à risque, en retard : l'état actuel de ceux en cours. Tenus et non tenus : ceux "
        "échus dans la période. Médiane : temps pris sur l'horloge de la clause."
    ),
    "people": "Par personne",
    "people.note": (
        "Chaque engagement compte pour qui devait répondre à la fin. Les chiffres expliquent des "
        "délais ; ils ne jugent personne."
    ),
    "kudos": "Parole toujours tenue",
    "kudos.none": "Personne n'avait d'engagement à tenir dans la période.",
    "disputes": "Règles contestées",
    "disputes.note": "Un litige admis compte contre la règle, jamais contre une personne.",
    "side": "Partie",
    "clause": "Clause",
    "person": "Personne",
    "open": "Ouverts",
    "at_risk": "À risque",
    "overdue": "En retard",
    "kept": "Tenus",
    "broken": "Non tenus",
    "share": "Tenus à temps",
    "median": "Médiane",
    "rule": "Règle",
    "disputed": "Contestée",
    "upheld": "Admis",
    "rejected": "Rejetés",
    "waiting": "En attente",
    "lead.why": "Pourquoi {owner}",
    "lead.nobody": "Personne aux ventes n'a ce lead.",
    "lead.back": "{owner} avait ce lead au cycle {cycle} ; personne aux ventes ne l'a plus.",
    "lead.step": "Ce qui a été pesé",
    "lead.answered": "A-t-on répondu à temps ?",
    "lead.none": "Aucun engagement n'a commencé pour ce lead.",
    "lead.started": "Début",
    "lead.due": "Échéance",
    "lead.ended": "Fin",
    "lead.took": "Temps pris",
    "lead.state": "Verdict",
    "lead.cycle": "Cycle",
    "lead.clocks": "Deux horloges",
    "lead.system": "Systèmes : de la transmission à la confirmation du CRM",
    "lead.human": "Personnes : de là à la première réponse, en heures ouvrées",
    "lead.not_yet": "pas encore",
    "lead.yes": "Oui. {person} : {clause} ; répondu {ended}, {took} sur {within}.",
    "lead.no": "Non. {person} : {clause} ; l'échéance était {due}, et personne n'a encore répondu.",
    "lead.open": "Pas encore. {person} : {clause} ; l'échéance est {due}.",
    "lead.late": (
        "Non. {person} : {clause} ; l'échéance était {due}, la réponse {ended}, après {took} sur "
        "{within}."
    ),
    "lead.taken": (
        "Non. {person} : {clause} ; l'échéance était {due}. Personne n'avait répondu quand le lead "
        "est passé à un autre, {ended}."
    ),
    "lead.lapsed": "Plus rien à tenir. {person} : {clause} ; le lead est passé à un autre {ended}.",
    "lead.next": "Prochain contact prévu, numéro {number} : {channel} avant {moment}.",
    "channel.phone": "appel",
    "channel.email": "e-mail",
    "lead.instead": "à la place de {person}, qui n'avait pas tenu : {clause}",
    "lead.by_hand": "changé dans Salesforce par {by}",
    "lead.at_work": " de travail",
    "lead.zone": (
        "Moments à l'heure de {zone}. Plusieurs tours d'une clause, tous tenus, font une ligne, "
        "avec le temps le plus long."
    ),
    "side.sales": "Ventes",
    "side.marketing": "Marketing",
    "is.open": "ouvert",
    "is.at_risk": "à risque",
    "is.paused": "en pause",
    "is.kept": "tenu",
    "is.broken": "non tenu",
    "is.lapsed": "caduc",
}


def words_of(language: str) -> Words:
    """The words of a language; English where it is not known."""
    return FR if language == "fr" else EN
