"""More words that reports print, in English and French: trends, targets, alarms, meetings."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "stage": "Stage",
    "metric": "Metric",
    "period": "Period",
    "target": "Target",
    "targets": "Targets and what was reached",
    "actual": "Actual",
    "reached": "Reached",
    "behind_it": "Leads",
    "median_hours": "median, hours",
    "days": "days",
    "share_of": "{share} of {count}",
    "stock.ages": "0–7 days|8–30 days|31–90 days|91–180 days|181–365 days|over 365 days",
    "answer.accepted": "accepted",
    "answer.rejected": "given back",
    "time_over": "Time over",
    "course": "Course",
    "on_course": "on course",
    "behind": "behind",
    "targets.is": (
        "Actual counts what happened in the period, from so many leads. Behind: less is reached "
        "than the share of the time that is over."
    ),
    "cohort": "Cohort",
    "cohorts": "What became of each cohort",
    "cohorts.is": (
        "Each row is everybody captured, or returned, in that period; each cell the share of them "
        "that has reached the step by now. Young cohorts had less time. A late win counts in the "
        "row in which the lead began."
    ),
    "states": "Where every passed lead is now",
    "states.is": "Each passed lead is in exactly one of these states.",
    "state.waiting": "Waiting for an answer",
    "state.accepted": "Accepted",
    "state.rejected": "Given back, not yet taken back",
    "state.recycled": "Recycled to marketing",
    "state.gone": "Gone (deleted or merged)",
    "happened": "What happened in this period",
    "happened.is": "Counted on the day it happened, whenever the lead was captured.",
    "trend": "Leads passed, by period",
    "trend.is": "The last period is not over yet.",
    "attribution": "Revenue, credited three ways",
    "attribution.is": (
        "First: to the cycle in which the lead was captured. Last: to the cycle that was won. "
        "Split: evenly to every cycle up to that one. The sums are the same."
    ),
    "model.first": "First cycle",
    "model.last": "Last cycle",
    "model.split": "Split",
    "alarm": "Alarm",
    "alarms": "Has a conversion rate shifted?",
    "alarm.rings": "▲ has shifted",
    "alarm.quiet": "quiet",
    "alarm.since": "shifted about",
    "alarm.nobody": "No single suspect explains it.",
    "alarm.is": (
        "A sequential test that may be looked at every day: under an unchanged rate it ever rings "
        "with a chance of at most {alpha}. Only leads that had the days in brackets are counted."
    ),
    "before": "Before",
    "now": "Now",
    "suspect.mix of sources": "Another mix of sources",
    "suspect.follow-up time": "Follow-up time",
    "suspect.rule change": "New mapping files",
    "suspect.rep": "Rep",
    "suspect.territory": "Territory",
    "rule": "Rule",
    "ruleset": "Version of the files",
    "stock.title": "Stock of leads",
    "stock.stage": "By stage and age",
    "stock.is": "Age: since the lead's present cycle began. Merged and erased people are left out.",
    "sources.title": "Sources",
    "meeting.title": "Meeting pack",
    "meeting.works": "What works",
    "meeting.not": "What does not",
    "meeting.wins": "Wins",
    "meeting.losses": "Losses",
    "meeting.comments": "What sales said",
    "meeting.comments.is": "Reasons given with the leads that came back, most frequent first.",
    "answer": "Answer",
    "meeting.notes": "In their own words",
    "meeting.notes.is": "Notes on leads answered in the period, newest first ({shown} of {count}).",
    "meeting.notes.none": "No notes were written on the leads answered in the period.",
    "meeting.process": "Was the process followed?",
    "meeting.kept": "Promises kept",
    "meeting.kept.is": "Of the promises that fell due in the period, those kept.",
    "meeting.answered": "Leads answered",
    "meeting.answered.is": "Of the leads passed in the period, those with a first answer by sales.",
    "meeting.reasoned": "Returns with a reason",
    "meeting.reasoned.is": "Of the leads that came back, those with a reason.",
    "meeting.campaigns": "Coming campaigns",
    "meeting.expected": "Expected leads",
    "meeting.start": "Starts",
    "meeting.decisions": "Decisions and their review dates",
    "meeting.decided": "Decided on",
    "meeting.review": "Review on",
    "meeting.decision": "Decision",
    "meeting.metric": "Watched",
    "meeting.no_decisions": "None yet: `leadrelay decide-change` notes one.",
    "meeting.coverage": "Hot pipeline ÷ target",
    "meeting.coverage.is": "Open opportunities, by today's rates, ÷ the revenue target.",
    "meeting.few": "Nothing stands out: too few leads, or no difference beyond chance.",
    "meeting.rate": "{name}: {rate} of {count} accepted; all others {other}",
    "meeting.beyond": "Beyond chance, all groups that were looked at considered.",
    "quarterly.title": "Quarterly review",
    "quarterly.proposals": "Proposals: what the outcomes say of the definition",
    "quarterly.before_after": "Before and after each adopted change",
    "deal": "Opportunity",
    "amount": "Amount",
    "learn.seen": (
        "Of {judged} passed leads that had {days} days, {succeeded} were accepted. "
        "On {silent} further rules there is not enough to say."
    ),
    "learn.rule": "Rule",
    "learn.points": "Points",
    "learn.with": "Accepted with it",
    "learn.without": "Accepted without it",
    "learn.verdict": "Verdict",
    "learn.is": (
        "Judged at the hand-off, beside the other rules that predict; of all that is said to "
        "predict at most a tenth does not, on average. Decoration: it moves the rate by less than "
        "5 points. Leads that were never passed have no outcome, and are not in here."
    ),
    "learn.few": "Not enough passed leads yet to say anything of any rule.",
    "learn.predicts": "predicts",
    "learn.against": "works against",
    "learn.echo": "says what others say",
    "learn.decoration": "decoration",
    "learn.proposed": "Proposed points",
    "learn.draft": "`leadrelay learn --out FOLDER` drafts them and tries them on the history.",
    "learn.ranking": (
        "On the {count} newest leads, which the proposal has not seen, an accepted lead has the "
        "higher score in {before} of all pairs now, in {after} with these points "
        "(change in points: {low} to {high})."
    ),
    "learn.withheld.nothing_sure": "No other points are proposed: nothing is sure enough.",
    "learn.withheld.few": "No other points are proposed: too few newer leads to hold them to.",
    "learn.withheld.not_sure": (
        "Other points were tried and withheld: on newer leads it is not sure that they rank no "
        "worse."
    ),
}

FR: Mapping[str, str] = {
    "stage": "Étape",
    "metric": "Indicateur",
    "period": "Période",
    "target": "Objectif",
    "targets": "Objectifs et résultats",
    "actual": "Réel",
    "reached": "Atteint",
    "behind_it": "Leads",
    "median_hours": "médiane, heures",
    "days": "jours",
    "share_of": "{share} de {count}",
    "stock.ages": "0–7 jours|8–30 jours|31–90 jours|91–180 jours|181–365 jours|plus de 365 jours",
    "answer.accepted": "accepté",
    "answer.rejected": "rendu",
    "time_over": "Temps écoulé",
    "course": "Cap",
    "on_course": "sur la bonne voie",
    "behind": "en retard",
    "targets.is": (
        "Réel : ce qui s'est passé dans la période, sur tant de leads. En retard : moins que la "
        "part du temps écoulé."
    ),
    "cohort": "Cohorte",
    "cohorts": "Ce qu'est devenue chaque cohorte",
    "cohorts.is": (
        "Chaque ligne : tous les leads captés, ou revenus, dans la période ; chaque case : la part "
        "d'entre eux arrivée à l'étape à ce jour. Les jeunes cohortes ont eu moins de temps. Un "
        "gain tardif compte dans la ligne où le lead a commencé."
    ),
    "states": "Où est chaque lead transmis",
    "states.is": "Chaque lead transmis est dans un seul de ces états.",
    "state.waiting": "En attente de réponse",
    "state.accepted": "Acceptés",
    "state.rejected": "Rendus, pas encore repris",
    "state.recycled": "Recyclés vers le marketing",
    "state.gone": "Disparus (supprimés ou fusionnés)",
    "happened": "Ce qui s'est passé dans la période",
    "happened.is": "Compté le jour même, quelle que soit la date de captation du lead.",
    "trend": "Leads transmis, par période",
    "trend.is": "La dernière période n'est pas terminée.",
    "attribution": "Le chiffre d'affaires, attribué de trois façons",
    "attribution.is": (
        "Premier : au cycle où le lead a été capté. Dernier : au cycle gagné. Partagé : à parts "
        "égales entre tous les cycles jusque-là. Les sommes sont identiques."
    ),
    "model.first": "Premier cycle",
    "model.last": "Dernier cycle",
    "model.split": "Partagé",
    "alarm": "Alarme",
    "alarms": "Un taux de conversion a-t-il changé ?",
    "alarm.rings": "▲ a changé",
    "alarm.quiet": "calme",
    "alarm.since": "a changé vers le",
    "alarm.nobody": "Aucun suspect ne l'explique à lui seul.",
    "alarm.is": (
        "Un test séquentiel que l'on peut lire chaque jour : si le taux n'a pas changé, il sonne "
        "un jour avec une probabilité d'au plus {alpha}. Seuls comptent les leads qui ont eu les "
        "jours entre parenthèses."
    ),
    "before": "Avant",
    "now": "Maintenant",
    "suspect.mix of sources": "Autre mélange de sources",
    "suspect.follow-up time": "Délai de réponse",
    "suspect.rule change": "Nouveaux fichiers d'accord",
    "suspect.rep": "Commercial",
    "suspect.territory": "Territoire",
    "rule": "Règle",
    "ruleset": "Version des fichiers",
    "stock.title": "Réservoir de leads",
    "stock.stage": "Par étape et par âge",
    "stock.is": (
        "Âge : depuis le début du cycle actuel. Les personnes fusionnées ou effacées ne sont pas "
        "comptées."
    ),
    "sources.title": "Sources",
    "meeting.title": "Dossier de réunion",
    "meeting.works": "Ce qui marche",
    "meeting.not": "Ce qui ne marche pas",
    "meeting.wins": "Gagnés",
    "meeting.losses": "Perdus",
    "meeting.comments": "Ce que disent les ventes",
    "meeting.comments.is": "Motifs donnés avec les leads revenus, les plus fréquents d'abord.",
    "answer": "Réponse",
    "meeting.notes": "Dans leurs mots",
    "meeting.notes.is": "Notes sur les leads répondus dans la période ({shown} sur {count}).",
    "meeting.notes.none": "Aucune note sur les leads répondus dans la période.",
    "meeting.process": "Le processus a-t-il été suivi ?",
    "meeting.kept": "Promesses tenues",
    "meeting.kept.is": "Parmi les promesses échues dans la période, celles qui ont été tenues.",
    "meeting.answered": "Leads répondus",
    "meeting.answered.is": "Parmi les leads transmis dans la période, ceux ayant une réponse.",
    "meeting.reasoned": "Retours motivés",
    "meeting.reasoned.is": "Parmi les leads revenus, ceux qui ont un motif.",
    "meeting.campaigns": "Campagnes à venir",
    "meeting.expected": "Leads attendus",
    "meeting.start": "Début",
    "meeting.decisions": "Décisions et dates de revue",
    "meeting.decided": "Décidé le",
    "meeting.review": "Revue le",
    "meeting.decision": "Décision",
    "meeting.metric": "Suivi",
    "meeting.no_decisions": "Aucune : `leadrelay decide-change` en note une.",
    "meeting.coverage": "Affaires ouvertes ÷ objectif",
    "meeting.coverage.is": "Opportunités ouvertes, au cours du jour, ÷ l'objectif.",
    "meeting.few": "Rien ne ressort : trop peu de leads, ou pas d'écart au-delà du hasard.",
    "meeting.rate": "{name} : {rate} de {count} acceptés ; tous les autres {other}",
    "meeting.beyond": "Au-delà du hasard, compte tenu de tous les groupes regardés.",
    "quarterly.title": "Revue trimestrielle",
    "quarterly.proposals": "Propositions : ce que les résultats disent de la définition",
    "quarterly.before_after": "Avant et après chaque changement adopté",
    "deal": "Opportunité",
    "amount": "Montant",
    "learn.seen": (
        "Sur {judged} leads transmis ayant eu {days} jours, {succeeded} ont été acceptés. "
        "Sur {silent} autres règles, il n'y a pas assez pour conclure."
    ),
    "learn.rule": "Règle",
    "learn.points": "Points",
    "learn.with": "Acceptés avec elle",
    "learn.without": "Acceptés sans elle",
    "learn.verdict": "Verdict",
    "learn.is": (
        "Jugé à la transmission, à côté des autres règles qui prédisent ; parmi celles dites "
        "prédictives, un dixième au plus ne l'est pas, en moyenne. Décor : elle déplace le taux "
        "de moins de 5 points. Les leads jamais transmis n'ont pas de résultat et n'y sont pas."
    ),
    "learn.few": "Pas encore assez de leads transmis pour juger une règle.",
    "learn.predicts": "prédit",
    "learn.against": "joue contre",
    "learn.echo": "dit ce que d'autres disent",
    "learn.decoration": "décor",
    "learn.proposed": "Points proposés",
    "learn.draft": "`leadrelay learn --out DOSSIER` en fait un brouillon, essayé sur l'historique.",
    "learn.ranking": (
        "Sur les {count} leads les plus récents, que la proposition n'a pas vus, un lead accepté "
        "a le meilleur score dans {before} des paires aujourd'hui, dans {after} avec ces points "
        "(écart en points : {low} à {high})."
    ),
    "learn.withheld.nothing_sure": "Aucun autre barème proposé : rien d'assez sûr ne le demande.",
    "learn.withheld.few": "Aucun autre barème proposé : trop peu de leads récents pour l'essayer.",
    "learn.withheld.not_sure": (
        "Un autre barème a été essayé et retenu : sur les leads récents, il n'est pas sûr qu'il "
        "ne classe pas moins bien."
    ),
}
