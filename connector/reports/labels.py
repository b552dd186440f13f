"""The printed words for what journeys name: reasons, programmes, people, sources and segments."""

from collections.abc import Mapping

from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import Labels, label
from connector.reports.words import Words

#: Words that many mapping files share; HubSpot's own list of sources.
KNOWN: Mapping[str, Labels] = {
    "organic_search": {"en": "Organic search", "fr": "Recherche naturelle"},
    "paid_search": {"en": "Paid search", "fr": "Recherche payante"},
    "email": {"en": "E-mail", "fr": "E-mail"},
    "social": {"en": "Social media", "fr": "Réseaux sociaux"},
    "paid_social": {"en": "Paid social media", "fr": "Réseaux sociaux payants"},
    "referral": {"en": "Links from other sites", "fr": "Liens d'autres sites"},
    "campaign": {"en": "Other campaigns", "fr": "Autres campagnes"},
    "direct": {"en": "Came directly", "fr": "Accès direct"},
    "offline": {"en": "Offline", "fr": "Hors ligne"},
    "ai_referral": {"en": "AI assistants", "fr": "Assistants IA"},
    "other": {"en": "Other", "fr": "Autre"},
}

#: What nobody has before it was passed; a blank source, in contrast, is not known.
BLANK = {"owner": "not_passed", "rule": "not_passed", "ruleset": "not_passed", "team": "no_team"}


class Say:
    """Names as people read them, in one language."""

    def __init__(self, ruleset: Ruleset, language: str, words: Words) -> None:
        self._rules = ruleset
        self._language = language
        self._words = words

    def reason(self, name: str) -> str:
        known = self._rules.vocabulary.reasons.get(name)
        if known is None:
            return name or self._words["no_reason"]
        return label(known.labels, self._language, name)

    def programme(self, name: str) -> str:
        """A programme's label; in words, where a lead is put aside for good."""
        known = self._rules.recycling.programmes.get(name)
        if known is None:
            return name or self._words["recycle.aside"]
        return label(known.labels, self._language, name)

    def steps(self, name: str) -> tuple[str, ...]:
        known = self._rules.recycling.programmes.get(name)
        return tuple(label(step, self._language, "") for step in known.steps) if known else ()

    def disposition(self, name: str) -> str:
        known = self._rules.vocabulary.dispositions.get(name)
        return label(known.labels, self._language, name) if known else name

    def rank(self, stage: str) -> tuple[int, str]:
        """Where a stage stands on the way; those that nobody knows any more come last."""
        known = self._rules.vocabulary.stages.get(stage)
        return (known.order if known else 10_000, stage)

    def stage(self, name: str) -> str:
        known = self._rules.vocabulary.stages.get(name)
        return label(known.labels, self._language, name) if known else name

    def person(self, name: str) -> str:
        """A person's name by key; a queue by its own."""
        known = self._rules.people.persons.get(name)
        return known.name if known else name.removeprefix("queue:")

    def group(self, dimension: str, value: str) -> str:
        """A word of a dimension: the option as it stands in HubSpot where that reads well."""
        if not value:
            return self._words[BLANK.get(dimension, "unknown")]
        if dimension == "owner":
            return self.person(value)
        if value in KNOWN:
            return label(KNOWN[value], self._language, value)
        rule = self._rules.fields.rules.get(dimension)
        for option, word, _ in rule.values.rows if rule and rule.values else ():
            if word == value and not option.isupper() and "_" not in option and option:
                return option
        is_word = "_" in value and value == value.lower()
        return value.replace("_", " ").capitalize() if is_word else value
