"""Each way in which a lead leaves sales: who decides, what comes next, when it may return."""

from collections.abc import Iterator, Sequence

from connector.core.calendars import NEVER
from connector.core.conditions import compile_condition
from connector.core.rules.conditions import ALWAYS
from connector.core.rules.recycling import RecycleRule
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning, label
from connector.core.wording import joined
from connector.reports.document import Section, Table
from connector.reports.words import Words

Row = tuple[str, str, str, str]

EN: Words = {
    "heading": "What happens afterwards",
    "state": "How the work ends",
    "who": "Who decides",
    "next": "What happens next",
    "return": "When it may come back",
    "no_rule": "Given back, for any other reason, or none",
    "touches": "{reason}, after {phone} calls and {email} e-mails",
    "and": "{reason}, where {when}",
    "won": "sales works on it as an opportunity",
    "stalled": "; after {days} days without an update: {programme}",
    "does": "{programme}: {steps}",
    "aside": "put aside as “{stage}”; nothing is sent",
    "limit": "Given back in cycle {count} or later, for whatever reason",
    "rules": "the rules",
    "cool": "after {days} days at the earliest",
    "by_itself": "{cool}; by itself after {days} days",
    "on_day": "{cool}; by itself on the day of “{field}”, else after {days} days",
    "on_day_only": "{cool}; by itself on the day of “{field}”",
    "never": "not again",
    "none": "–",
}
FR: Words = {
    "heading": "Et après",
    "state": "Comment le travail se termine",
    "who": "Qui décide",
    "next": "Ce qui se passe ensuite",
    "return": "Quand il peut revenir",
    "no_rule": "Rendu, pour tout autre motif ou sans motif",
    "touches": "{reason}, après {phone} appels et {email} e-mails",
    "and": "{reason}, quand {when}",
    "won": "les ventes y travaillent comme opportunité",
    "stalled": " ; après {days} jours sans mise à jour : {programme}",
    "does": "{programme} : {steps}",
    "aside": "mis de côté comme « {stage} » ; rien n'est envoyé",
    "limit": "Rendu au cycle {count} ou plus tard, quel que soit le motif",
    "rules": "les règles",
    "cool": "au plus tôt après {days} jours",
    "by_itself": "{cool} ; de lui-même après {days} jours",
    "on_day": "{cool} ; de lui-même le jour de « {field} », sinon après {days} jours",
    "on_day_only": "{cool} ; de lui-même le jour de « {field} »",
    "never": "plus jamais",
    "none": "–",
}


def exit_states(ruleset: Ruleset, language: str, decides: str) -> Section:
    """The table, in the order of the rules; `decides` are those who qualify or give back."""
    telling = _Telling(ruleset, language, decides)
    words = telling.words
    table = Table(
        columns=tuple(words[name] for name in ("state", "who", "next", "return")),
        rows=tuple(telling.rows()),
    )
    return Section(heading=words["heading"], blocks=(table,), name="exits")


class _Telling:
    """The recycling rules of one ruleset as rows in one language."""

    def __init__(self, ruleset: Ruleset, language: str, decides: str) -> None:
        self.ruleset, self.language, self.decides = ruleset, language, decides
        self.rules, self.vocabulary = ruleset.recycling, ruleset.vocabulary
        self.words = FR if language == "fr" else EN
        self.field_labels = {n: rule.labels for n, rule in ruleset.fields.rules.items()}

    def rows(self) -> Iterator[Row]:
        yield self._won()
        for rule in self.rules.rules:
            yield self._returned(rule)
        yield (
            self.words["no_rule"],
            self.decides,
            self._programme(self.rules.fallback_programme),
            self._cool(self.rules.cool_down_days),
        )
        aside = self.words["aside"].format(stage=self._stage(StageMeaning.UNQUALIFIED))
        for reason in self.rules.never_again:
            yield self._reason(reason), self.decides, aside, self.words["never"]
        for name in self._dispositions(DispositionMeaning.JUNK):
            yield name, self.decides, aside, self.words["never"]
        closed = self.words["aside"].format(stage=self._stage(StageMeaning.INACTIVE))
        limit = self.words["limit"].format(count=self.rules.max_cycles)
        yield limit, self.words["rules"], closed, self.words["never"]

    def _won(self) -> Row:
        names = ", ".join(self._dispositions(DispositionMeaning.QUALIFIED))
        stalled = self.rules.stalled_programme
        then = self.words["won"]
        if stalled:
            support = self._programme(stalled, steps=False)
            days = self.rules.stalled_after_days
            then += self._say("stalled", days=days, programme=support)
        return names, self.decides, then, self.words["none"]

    def _returned(self, rule: RecycleRule) -> Row:
        days = self.rules.cool_down_days if rule.cool_down_days is None else rule.cool_down_days
        state = ", ".join(self._reason(name) for name in rule.reasons) or rule.name
        if rule.when != ALWAYS:
            asked = compile_condition(rule.when).explain({}, NEVER)
            texts = tuple(one.text(self.language, self.field_labels) for one in asked)
            state = self._say("and", reason=state, when=joined(texts, self.language))
        return (
            state,
            self.decides,
            self._programme(rule.programme),
            self._comes_back(rule, days),
        )

    def _comes_back(self, rule: RecycleRule, days: int) -> str:
        cool = self._cool(days)
        after, field = rule.return_after_days, rule.return_on_field
        if field is None:
            return self._say("by_itself", cool=cool, days=after) if after else cool
        named = label(self.field_labels.get(field, {}), self.language, field)
        if after:
            return self._say("on_day", cool=cool, field=named, days=after)
        return self._say("on_day_only", cool=cool, field=named)

    def _cool(self, days: int) -> str:
        return self._say("cool", days=days)

    def _say(self, name: str, **parts: object) -> str:
        return self.words[name].format(**parts)

    def _reason(self, name: str) -> str:
        """A reason's label; for `unreachable` with what must have been tried before."""
        known = self.vocabulary.reasons.get(name)
        text = label(known.labels, self.language, name) if known else name
        disposition = self.vocabulary.dispositions.get((known and known.disposition) or "")
        if disposition is None or disposition.meaning is not DispositionMeaning.UNREACHABLE:
            return text
        least = self.ruleset.promises.minimum_touches
        return self._say("touches", reason=text, phone=least.phone, email=least.email)

    def _programme(self, name: str, *, steps: bool = True) -> str:
        known = self.rules.programmes.get(name)
        if known is None:
            return self.words["none"]
        named = label(known.labels, self.language, name)
        told = [label(step, self.language, "") for step in known.steps] if steps else []
        return self._say("does", programme=named, steps=" ".join(told)) if told else named

    def _stage(self, meaning: StageMeaning) -> str:
        for stage in self.vocabulary.stages.values():
            if stage.meaning is meaning:
                return label(stage.labels, self.language, stage.name)
        return self.words["none"]

    def _dispositions(self, meaning: DispositionMeaning) -> Sequence[str]:
        return [
            label(one.labels, self.language, name)
            for name, one in self.vocabulary.dispositions.items()
            if one.meaning is meaning
        ]
