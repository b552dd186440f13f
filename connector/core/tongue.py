"""The words of one set of files in one language, looked up once and not for every lead."""

from collections.abc import Mapping, Sequence

from connector.core.because import Because
from connector.core.conditions import Gap
from connector.core.phrases import PHRASES
from connector.core.rules.ruleset import Ruleset, Template
from connector.core.rules.vocabulary import Labels, label
from connector.core.templates import find_template

MESSAGES = ("thanks", "meeting_request", "presentation", "launch")
Variants = tuple[tuple[str, Template], ...]  #: name of a message template, and the text

_MOST_KNOWN = 16  #: sets of files and languages that are remembered at a time
_MOST_GAPS = 1_024
_KNOWN: dict[tuple[int, str], "Tongue"] = {}


class Tongue:
    """What hand-offs are told with; nothing of a lead is kept."""

    def __init__(self, ruleset: Ruleset, language: str) -> None:
        self.ruleset, self.language = ruleset, language
        self.say = PHRASES.get(language, PHRASES["en"])
        self.because = Because(ruleset, language)
        #: agreed fields in the order of the file, as people call them
        self.fields = tuple(
            (name, label(rule.labels, language, name))
            for name, rule in ruleset.fields.rules.items()
        )
        scored = (*ruleset.qualification.fit, *ruleset.qualification.intent)
        self.rules = {rule.name: label(rule.labels, language, rule.name) for rule in scored}
        self.messages: Mapping[str, Variants] = {name: self._variants(name) for name in MESSAGES}
        self._labels: Mapping[str, Labels] = {
            name: rule.labels for name, rule in ruleset.fields.rules.items()
        }
        self._gaps: dict[Gap, str] = {}

    def stage(self, name: str) -> str:
        known = self.ruleset.vocabulary.stages.get(name)
        return label(known.labels, self.language, name) if known else name

    def gaps(self, missing: Sequence[Gap]) -> tuple[str, ...]:
        """What is missing, in words."""
        return tuple([self._gaps.get(gap) or self._gap(gap) for gap in missing])

    def _gap(self, gap: Gap) -> str:
        if len(self._gaps) >= _MOST_GAPS:
            self._gaps.clear()
        text = self._gaps[gap] = gap.text(self.language, self._labels)
        return text

    def _variants(self, name: str) -> Variants:
        """A message may be kept for one channel by its name: `thanks_sms`."""
        templates = self.ruleset.templates
        names = dict.fromkeys(sorted(key.rpartition(".")[0] for key in templates))
        fit = (one for one in names if one == name or one.startswith(f"{name}_"))
        found = ((one, find_template(templates, one, self.language)) for one in fit)
        return tuple((one, template) for one, template in found if template is not None)


def tongue_of(ruleset: Ruleset, language: str) -> Tongue:
    """The words of these files in this language; an unknown language falls back to English."""
    tongue = _KNOWN.get((id(ruleset), language))
    if tongue is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        # whoever is remembered keeps its ruleset alive, so that no other takes its id
        tongue = _KNOWN[id(ruleset), language] = Tongue(ruleset, language)
    return tongue
