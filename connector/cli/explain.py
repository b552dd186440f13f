"""`leadrelay explain`: every clause with its value and its verdict, for one person."""

from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from connector.core.rules.vocabulary import Labels
    from connector.core.verdicts import Explained, Verdict
    from connector.ports import LeadRow
    from connector.wiring import Workbench

PARTS = {
    "en": {
        "disqualify": "Bad leads",
        "fit": "Fit: what the lead is",
        "intent": "Intent: what the lead did",
        "completeness": "Completeness: what is known",
        "bant": "BANT",
        "temperature": "Temperature",
        "stage": "Stages",
    },
    "fr": {
        "disqualify": "Mauvais leads",
        "fit": "Profil : ce qu'est le lead",
        "intent": "Intention : ce qu'a fait le lead",
        "completeness": "Complétude : ce qu'on sait",
        "bant": "BANT",
        "temperature": "Température",
        "stage": "Étapes",
    },
}
WORDS = {
    "en": {
        "decided": "Decided by",
        "nothing": "no rule; it stays where it is",
        "reach": "To reach {stage}",
        "no_more": "Nothing is missing.",
        "files": "files of version",
        "snapshot": "values read on",
        "live": "values as HubSpot has them now",
        "route": "Route",
    },
    "fr": {
        "decided": "Décidé par",
        "nothing": "aucune règle ; il reste où il est",
        "reach": "Pour atteindre {stage}",
        "no_more": "Il ne manque rien.",
        "files": "fichiers de version",
        "snapshot": "valeurs lues le",
        "live": "valeurs actuelles de HubSpot",
        "route": "Attribution",
    },
}

EPILOG = """\b
Examples:
  leadrelay explain ada@example.com
  leadrelay explain hs-512 --live         with the values HubSpot has right now
  leadrelay explain hs-512 --failed       only what did not hold
"""


@click.command(epilog=EPILOG)
@click.argument("who")
@click.option("--live", is_flag=True, help="Read the person from HubSpot now.")
@click.option("--failed", is_flag=True, help="Only rules that did not hold.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured.")
@common
def explain(
    who: str,
    live: bool,
    failed: bool,
    language: str | None,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Explain the decision on one person: each clause, its value, its verdict, its file line.

    WHO is an e-mail, a lead id, or an id of either system. The rules are those of the files as
    they are now; the last line tells what is missing to reach the next stage.
    """
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with bench.ledger.transaction() as tx:
        found = tx.find_leads(who)
        if len(found) != 1:
            say(
                "The ledger knows nobody by that name."
                if not found
                else f"{len(found)} leads go by that: {', '.join(r.state.lead_id for r in found)}"
            )
            return int(ExitCode.ATTENTION)
        row = found[0]
        snapshots = tx.snapshots_of(row.state.lead_id)
    verdict, at = _judge(bench, row, None if live or not snapshots else snapshots[-1])
    spoken = language or bench.config.reports.language
    if as_json:
        print_json(as_tree(bench, row, verdict, at, spoken))
    else:
        click.echo(as_text(bench, row, verdict, at, spoken, failed=failed), nl=False)
    return int(ExitCode.DONE)


def _judge(bench: "Workbench", row: "LeadRow", snapshot: Any) -> "tuple[Verdict, datetime | None]":
    """The verdict on the kept inputs and when they were read; None: read from HubSpot now."""
    from connector.core.errors import StopTheRun

    qualifier = bench.decider.qualifier
    now = bench.clock.now()
    if snapshot is not None:
        verdict = qualifier.qualify(snapshot.values, snapshot.activities, row.state, now)
        return verdict, snapshot.taken_at
    names = bench.ruleset.fields.hubspot_properties()
    there = bench.marketing.read([row.hubspot_id], names).get(row.hubspot_id)
    if there is None:
        raise StopTheRun(f"contact {row.hubspot_id} is no longer in HubSpot")
    mapped = bench.decider.mapper.from_hubspot(there.values)
    if not mapped.sound:
        raise StopTheRun("\n".join(str(problem) for problem in mapped.problems))
    activities = bench.marketing.activities([row.hubspot_id]).get(row.hubspot_id, ())
    return qualifier.qualify(mapped.values, activities, row.state, now), None


def _labels(bench: "Workbench") -> "dict[str, Labels]":
    return {name: rule.labels for name, rule in bench.ruleset.fields.rules.items()}


def as_text(
    bench: "Workbench",
    row: "LeadRow",
    verdict: "Verdict",
    at: "datetime | None",
    language: str,
    *,
    failed: bool = False,
) -> str:
    """For people: the decision first, then every rule, then what is missing."""
    words, labels = WORDS[language], _labels(bench)
    scores = verdict.scores
    source = f"{words['snapshot']} {at:%Y-%m-%d %H:%M} UTC" if at else words["live"]
    rule = f"{verdict.rule} ({verdict.place})" if verdict.rule else words["nothing"]
    lines = [
        f"{row.state.lead_id}: {_stage(bench, verdict.stage, language)}, {scores.total:.0f} "
        f"(fit {scores.fit:.0f}, intent {scores.intent:.0f}, "
        f"completeness {scores.completeness:.0f}), {verdict.temperature}",
        f"{words['decided']} {rule}; {words['files']} {bench.ruleset.version}, {source}",
    ]
    part = ""
    for one in verdict.explain():
        if failed and one.passed:
            continue
        if one.part != part:
            part = one.part
            lines += ["", PARTS[language][part]]
        lines += _rule(one, language, labels)
    return "\n".join([*lines, "", *_ahead(bench, row, verdict, language, labels)]) + "\n"


def _stage(bench: "Workbench", name: str, language: str) -> str:
    from connector.core.rules.vocabulary import label

    stage = bench.ruleset.vocabulary.stages.get(name)
    return label(stage.labels, language, name) if stage else name


def _rule(one: "Explained", language: str, labels: "dict[str, Labels]") -> list[str]:
    mark = "yes" if one.passed else "no "
    points = f" {one.points:+g}" if one.points else ""
    counted = f" ({one.counted})" if one.counted else ""
    lines = [f"  {mark} {one.name}{points}{counted}  {one.place}"]
    for clause in one.clauses:
        sign = "+" if clause.passed else "-"
        asked = clause.text(language, labels)
        lines.append(f"        {sign} {asked}: {_value(clause.value)}")
    return lines


def _value(value: object) -> str:
    if value is None or value == "" or value == ():
        return "(blank)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    text = str(value).replace("\n", " ")
    return text if len(text) <= 60 else f"{text[:59]}…"


def _ahead(
    bench: "Workbench",
    row: "LeadRow",
    verdict: "Verdict",
    language: str,
    labels: "dict[str, Labels]",
) -> list[str]:
    words = WORDS[language]
    lines = [held.text(language) for held in verdict.held]
    if verdict.may_pass:
        route = bench.passing.router.route(verdict.facts, row.state, now=verdict.now)
        lines.append(f"{words['route']}: {route.because} ({route.place})")
    missing = [gap.text(language, labels) for gap in verdict.missing]
    if missing and verdict.next_stage:
        reach = words["reach"].format(stage=_stage(bench, verdict.next_stage, language))
        lines.append(f"{reach}: {', '.join(missing)}.")
    elif missing:
        lines.append(f"{', '.join(missing)}.")
    elif not verdict.held:
        lines.append(words["no_more"])
    return lines


def as_tree(
    bench: "Workbench", row: "LeadRow", verdict: "Verdict", at: "datetime | None", language: str
) -> dict[str, Any]:
    """For programs: the same, with every clause as an object."""
    labels = _labels(bench)
    return {
        "lead": row.state.lead_id,
        "stage": verdict.stage,
        "scores": verdict.scores._asdict(),
        "temperature": verdict.temperature,
        "rule": verdict.rule,
        "place": str(verdict.place),
        "ruleset": bench.ruleset.hash,
        "read_at": at,
        "may_pass": verdict.may_pass,
        "held": [held.text(language) for held in verdict.held],
        "next_stage": verdict.next_stage,
        "missing": [
            {"field": gap.field, "text": gap.text(language, labels)} for gap in verdict.missing
        ],
        "rules": [
            {
                "part": one.part,
                "name": one.name,
                "passed": one.passed,
                "points": one.points,
                "place": str(one.place),
                "clauses": [
                    {
                        "field": clause.field,
                        "asked": clause.text(language, labels),
                        "value": clause.value,
                        "passed": clause.passed,
                        "place": str(clause.place),
                    }
                    for clause in one.clauses
                ],
            }
            for one in verdict.explain()
        ],
    }
