"""Why something was decided, as people read it: with names, and in their language.

Decisions keep their reasons as short English texts, by keys of the roster and the files. They are
read back here by the patterns that made them, so that what was stored years ago is told well too.
"""

import re
from collections.abc import Mapping
from functools import cached_property

from connector.core.owners import QUEUE
from connector.core.rules.conditions import Operator
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import label
from connector.core.wording import clause_parts, clause_text, field_words, gap_text

STEP = re.compile(
    r"(?P<sign>[+-]) (?P<what>existing owner|rule|queue|person|rotation|fallback) "
    r"(?P<subject>.+?): (?P<why>.+)"
)
#: As it is stored; how it is told in English, in French. `{person}` and the like are looked up.
PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("rule '{rule}': {why}", "rule '{rule}': {why}", "règle « {rule} » : {why}"),
    (
        "fallback: {why}",
        "no rule places it, so the fallback: {why}",
        "aucune règle ne le place, donc à défaut : {why}",
    ),
    (
        "{why}; nobody is at work, hours left aside",
        "{why}; nobody was at work, so hours were left aside",
        "{why} ; personne n'était au travail, les heures n'ont pas compté",
    ),
    (
        "turn of {person} in {team} ({owed} turns owed, {count} in the draw)",
        "{person}'s turn in {team} ({owed} turns owed, {count} in the draw)",
        "tour de {person} dans {team} ({owed} tours dus, {count} au tirage)",
    ),
    (
        "to {person} (deputy of {other})",
        "to {person}, deputy of {other}",
        "à {person}, qui remplace {other}",
    ),
    (
        "to {person}, since nobody else can take it",
        "to {person}, since nobody else can take it",
        "à {person}, car personne d'autre ne peut le prendre",
    ),
    (
        "queue {queue}, since nobody else can take it",
        "the queue {queue}, since nobody else can take it",
        "la file {queue}, car personne d'autre ne peut le prendre",
    ),
    (
        "{known} {id} is {person}'s",
        "{person} knows them already, by the {known} {id}",
        "{person} les connaît déjà, par {known} {id}",
    ),
    (
        "the appointment is in {person}'s calendar",
        "the appointment is in {person}'s calendar",
        "le rendez-vous est dans l'agenda de {person}",
    ),
    (
        "{stage}: score {score}, BANT {met} of {asked}",
        "{stage}: score {score}, BANT {met} of {asked}",
        "{stage} : score {score}, BANT {met} sur {asked}",
    ),
    (
        "rule '{recycling}' for reason '{reason}'",
        "rule '{recycling}' for the reason “{reason}”",
        "règle « {recycling} » pour le motif « {reason} »",
    ),
    (
        "no rule for reason '{reason}'",
        "no rule for the reason “{reason}”",
        "aucune règle pour le motif « {reason} »",
    ),
    (
        "'{reason}' is a reason for good",
        "“{reason}” is a reason for good",
        "« {reason} » est un motif définitif",
    ),
    (
        "came back {count} times; the limit is {most}",
        "came back {count} times; the limit is {most}",
        "revenu {count} fois ; la limite est {most}",
    ),
    (
        "{why}; no consent, so nothing is sent",
        "{why}; no consent, so nothing is sent",
        "{why} ; sans consentement, rien n'est envoyé",
    ),
    (
        "an opportunity without update for {count} days",
        "an opportunity without update for {count} days",
        "une opportunité sans mise à jour depuis {count} jours",
    ),
    (
        "the next planned touch",
        "the next planned touch",
        "le prochain contact prévu",
    ),
    (
        "sales gave the lead back",
        "sales gave the lead back",
        "les ventes ont rendu le lead",
    ),
    (
        "sales moved the lead in the CRM",
        "sales moved the lead in the CRM",
        "les ventes ont déplacé le lead dans le CRM",
    ),
    (
        "the outcome of a passed lead, told to marketing",
        "the outcome of a passed lead, told to marketing",
        "le résultat d'un lead transmis, dit au marketing",
    ),
    (
        "its place in the hot list of {person}",
        "its place in the hot list of {person}",
        "sa place dans la liste chaude de {person}",
    ),
    ("the lead centre decided", "the lead centre decided", "le centre de leads a décidé"),
    ("linked by id", "linked by id", "reliés par identifiant"),
    ("given by {person}", "given by {person}", "donné par {person}"),
    ("does not hold: not {clauses}", "does not hold: {needs}", "ne s'applique pas, {needs}"),
    ("does not hold", "does not hold", "ne s'applique pas"),
    ("holds, to {target}", "holds: for {target}", "s'applique : pour {target}"),
    (
        "field {field} names nobody on the roster",
        "{field} names nobody on the roster",
        "{field} ne désigne personne de l'équipe",
    ),
    (
        "nobody of {target} can take it; the fallback does",
        "nobody of {target} can take it; the fallback does",
        "personne de {target} ne peut le prendre ; on passe au défaut",
    ),
    ("takes every lead", "takes every lead", "prend tous les leads"),
    (
        "is free (deputy of {other})",
        "is free, as the deputy of {other}",
        "est libre, comme suppléant de {other}",
    ),
    ("is free", "is free", "est libre"),
    (
        "no active user in the CRM",
        "no active user in the CRM",
        "sans utilisateur actif dans le CRM",
    ),
    (
        "on hold until an earlier lead is answered",
        "on hold until an earlier lead is answered",
        "en attente : un lead précédent est sans réponse",
    ),
    ("on hold", "on hold", "mis en attente"),
    ("absent until {day}", "absent until {day}", "absent jusqu'au {day}"),
    (
        "cap of {count} a day reached",
        "cap of {count} a day reached",
        "plafond de {count} par jour atteint",
    ),
    (
        "cap of {count} open leads reached",
        "cap of {count} open leads reached",
        "plafond de {count} leads ouverts atteint",
    ),
    ("weight 0", "weight 0", "poids 0"),
    ("not at work now", "not at work now", "hors de ses heures"),
    ("gave this lead back before", "gave this lead back before", "a déjà rendu ce lead"),
    ("nobody can take a turn", "nobody can take a turn", "personne ne peut prendre son tour"),
    ("cannot take it either", "cannot take it either", "ne peut pas le prendre non plus"),
    ("owned by a queue", "owned by a queue", "appartient à une file"),
    (
        "its owner is not on the roster",
        "its owner is not on the roster",
        "son responsable n'est pas dans l'équipe",
    ),
    ("{person} cannot take it", "{person} cannot take it", "{person} ne peut pas le prendre"),
    ("to {person}", "to {person}", "à {person}"),
    ("queue {queue}", "the queue {queue}", "la file {queue}"),
)
KNOWN: Mapping[str, tuple[str, str]] = {
    "open lead": ("open lead", "le lead ouvert"),
    "contact": ("contact", "le contact"),
    "account domain": ("account of that domain", "le compte du même domaine"),
    "account name": ("account of that name", "le compte du même nom"),
}
KINDS: Mapping[str, tuple[str, str]] = {
    "existing owner": ("existing owner", "responsable connu"),
    "rule": ("rule", "règle"),
    "queue": ("queue", "file"),
    "person": ("person", "personne"),
    "rotation": ("rotation", "rotation"),
    "fallback": ("fallback", "à défaut"),
    "team": ("team", "équipe"),
    "sales": ("sales", "les ventes"),
}
GROUPS = {
    "known": "open lead|contact|account domain|account name",
    "id": r"\S+",
    "day": r"[\d-]+",
    "owed": r"[+-][\d.]+",
    **dict.fromkeys(("score", "met", "asked", "count", "most"), r"-?\d+"),
}


def _pattern(source: str) -> re.Pattern[str]:
    def group(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{GROUPS.get(found[1], '.+?')})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(source)))


_MOST_TOLD = 1_024
COMPILED = tuple((_pattern(source), english, french) for source, english, french in PATTERNS)


class Because:
    """Reasons in one language, by the names and labels of one ruleset."""

    def __init__(self, ruleset: Ruleset, language: str) -> None:
        self.ruleset, self.language = ruleset, language
        self._at = 1 if language == "fr" else 0
        self._then = ("; ", " ; ")[self._at]
        self._told: dict[str, str] = {}

    def told(self, text: str) -> str:
        """A reason as people read it; what nothing here knows stays as it is.

        Leads have their reasons in common, so what was told is remembered.
        """
        told = self._told.get(text)
        if told is None:
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            told = self._told[text] = self._tell(text)
        return told

    def _tell(self, text: str) -> str:
        for pattern, *told in COMPILED:
            found = pattern.fullmatch(text)
            if found is not None:
                parts = {name: self._part(name, part) for name, part in found.groupdict().items()}
                needs = self._needs(found["clauses"]) if "clauses" in parts else ""
                return told[self._at].format(**parts, needs=needs)
        first, more, rest = text.partition("; ")
        if more:
            both = (self.told(first), self.told(rest))
            return text if both == (first, rest) else self._then.join(both)
        return self._reason(text)

    def step(self, text: str) -> str:
        """One line of what was weighed, with its sign."""
        found = STEP.fullmatch(text)
        if found is None:
            return text
        colon = " :" if self._at else ":"
        what = KINDS[found["what"]][self._at]
        subject = self._subject(found["what"], found["subject"])
        return f"{found['sign']} {what} {subject}{colon} {self.told(found['why'])}"

    def _subject(self, what: str, text: str) -> str:
        if what == "rotation":
            team, slash, person = text.partition("/")
            return f"{team}, {self._person(person)}" if slash else team
        if what == "existing owner":
            kind, _, record = text.partition(" ")
            return f"{KNOWN.get(kind.replace('_', ' '), (kind, kind))[self._at]} {record}"
        by_kind = {"rule": self._rule, "person": self._person, "fallback": self._target}
        return by_kind.get(what, str)(text)

    def _part(self, name: str, text: str) -> str:
        read = {
            "why": self.told,
            "rule": self._rule,
            "person": self._person,
            "other": self._person,
            "target": self._target,
            "field": self._field,
            "stage": self._stage,
            "reason": self._reason,
        }
        return KNOWN[text][self._at] if name == "known" else read.get(name, str)(text)

    def _rule(self, name: str) -> str:
        rules = self.ruleset.routing.rules
        labels = next((rule.labels for rule in rules if rule.name == name), {})
        return label(labels, self.language, name)

    def _person(self, key: str) -> str:
        known = self.ruleset.people.persons.get(key)
        if known is not None:
            return known.name
        return KINDS[key][self._at] if key in KINDS else key.removeprefix(QUEUE)

    def _stage(self, name: str) -> str:
        known = self.ruleset.vocabulary.stages.get(name)
        return label(known.labels, self.language, name) if known else name

    def _reason(self, text: str) -> str:
        """A reason of the vocabulary, by its label."""
        known = self.ruleset.vocabulary.reasons.get(text)
        if text == "none given":
            return ("none given", "aucun")[self._at]
        return label(known.labels, self.language, text) if known else text

    def _field(self, name: str) -> str:
        known = self.ruleset.fields.rules.get(name)
        return label(known.labels, self.language, name) if known else name

    def _target(self, text: str) -> str:
        """`person:lena`, `team:growth`, `queue:desk` or `field:captured_by` in words."""
        kind, _, name = text.partition(":")
        if kind == "person":
            return self._person(name)
        if kind == "field":
            return self._field(name)
        return f"{KINDS[kind][self._at]} {name}" if kind in KINDS else text

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """Fields as stored texts name them -> field."""
        facts = ("stage", "cycle", "temperature", "score.total", "score.fit", "score.intent")
        return {field_words(name): name for name in (*self.ruleset.fields.rules, *facts)}

    def _needs(self, clauses: str) -> str:
        """What would have to be otherwise for a rule to hold; see `gap_text`."""
        labels = {name: rule.labels for name, rule in self.ruleset.fields.rules.items()}
        told = []
        for text in clauses.split(", not "):
            found = clause_parts(text)
            if found is None:
                told.append(text)
                continue
            field, operator, wanted, negated = found
            name = self._names.get(field, field)
            if operator is Operator.PRESENT and wanted and not negated:
                told.append(clause_text(name, operator, False, self.language, labels))
                continue
            told.append(gap_text(name, operator, wanted, self.language, labels, negated=negated))
        return self._then.join(told)
