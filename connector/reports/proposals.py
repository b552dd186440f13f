"""What the outcomes propose for the definition, as the quarterly review examines it."""

from connector.core.learning import Clause, Learned, Verdict
from connector.core.rules.qualification import Qualification
from connector.core.rules.ruleset import Ruleset
from connector.core.rules.vocabulary import Labels, label
from connector.flows.learning import SUCCESS, Lessons, Proposal
from connector.reports.document import Section, Table, Text, percent
from connector.reports.words import Words, headings

TOLD = (Verdict.PREDICTS, Verdict.AGAINST, Verdict.DECORATION, Verdict.ECHO)


def proposals(lessons: Lessons, ruleset: Ruleset, words: Words, language: str) -> Section:
    """The rules on which there is something to say, and the points they ask for."""
    told = [
        one
        for one in lessons.clauses
        if not one.clause.text and one.success.is_tested and one.success.verdict in TOLD
    ]
    told.sort(key=lambda one: (TOLD.index(one.success.verdict), one.success.adjusted))
    silent = sum(1 for one in lessons.clauses if not one.clause.text) - len(told)
    seen = words["learn.seen"].format(
        judged=lessons.judged,
        days=SUCCESS[lessons.by].days,
        succeeded=lessons.succeeded,
        silent=silent,
    )
    names = _names(ruleset.qualification)
    table = Table(
        columns=(
            *(words["learn.rule"], words["learn.points"], words["learn.with"]),
            *(words["learn.without"], words["learn.verdict"]),
        ),
        rows=tuple(_row(one, names, words, language) for one in told),
        note=words["learn.is"],
        empty=words["learn.few"],
    )
    return Section(
        heading=words["quarterly.proposals"],
        blocks=(Text(text=seen), table, *_proposed(lessons.proposal, names, words, language)),
        name="proposals",
    )


def _row(
    one: Learned, names: dict[tuple[str, str], Labels], words: Words, language: str
) -> tuple[str | int, ...]:
    found = one.success
    return (
        _name(one.clause, names, language),
        one.clause.points or "",
        f"{percent(found.rate, 0)} (n = {found.count})",
        f"{percent(found.other_rate, 0)} (n = {found.other_count})",
        words[f"learn.{found.verdict.name.lower()}"],
    )


def _proposed(
    proposal: Proposal, names: dict[tuple[str, str], Labels], words: Words, language: str
) -> tuple[Table | Text, ...]:
    if proposal.withheld is not None:
        return (Text(text=words[f"learn.withheld.{proposal.withheld.name.lower()}"]),)
    table = Table(
        columns=headings(words, "learn.rule", "before", "learn.proposed"),
        rows=tuple(
            (label(names.get((one.part, one.rule), {}), language, one.rule), one.before, one.after)
            for one in proposal.changes
        ),
        note=words["learn.draft"],
    )
    found = proposal.comparison
    if found is None:
        return (table,)
    ranking = words["learn.ranking"].format(
        count=found.successes + found.failures,
        before=percent(found.before, 0),
        after=percent(found.after, 0),
        low=f"{100 * found.low:+.0f}",
        high=f"{100 * found.high:+.0f}",
    )
    return (table, Text(text=ranking))


def _name(clause: Clause, names: dict[tuple[str, str], Labels], language: str) -> str:
    return label(names.get((clause.part, clause.rule), {}), language, clause.rule)


def _names(rules: Qualification) -> dict[tuple[str, str], Labels]:
    """The labels of rules, by part and name."""
    found: dict[tuple[str, str], Labels] = {("fit", r.name): r.labels for r in rules.fit}
    found |= {("intent", rule.name): rule.labels for rule in rules.intent}
    found |= {("bant", rule.letter): rule.labels for rule in rules.bant}
    return found | {("disqualify", rule.name): rule.labels for rule in rules.disqualify}
