"""`leadrelay learn`: what the outcomes say of the definition, and which points they ask for."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.drafts import refuse_live, write_folder
from connector.cli.show import common, print_json, print_table, progress_bar, say
from connector.core.errors import StopTheRun
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.backtest import Backtested
    from connector.core.learning import Category, Finding, Learned
    from connector.core.rules.ruleset import Ruleset
    from connector.flows.learning import Lessons, Proposal
    from connector.wiring import Workbench

FILE = "qualification.yaml"
LONGEST = 60  #: characters of a clause in the table
WORDS = {"accepted": "Accepted", "opportunity": "With an opportunity", "won": "Won"}
EPILOG = """\b
Examples:
  leadrelay learn                                what predicts, what is decoration
  leadrelay learn --out drafts/mappings          and the proposal, as a whole folder
  leadrelay learn --out drafts/qualification.yaml
  leadrelay learn --since 2026-01-01 --json

\b
Exit code 1: --out was asked for, and there is no proposal to write. The live
files are never changed. docs/explanation/learning.md tells the method.
"""


@click.command(epilog=EPILOG)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leads passed from this day on.")
@click.option(
    "--by",
    type=click.Choice(["accepted", "opportunity", "won"]),
    default="accepted",
    show_default=True,
    help="What success is.",
)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="A new folder, or a YAML file.")
@common
def learn(
    since: datetime | None, by: str, out: Path | None, config_file: str | None, as_json: bool
) -> int:
    """Tell which clauses predict success and revenue, and propose other points.

    It learns from every passed lead: those that were never passed have no outcome. Small numbers
    are answered with "not enough".
    """
    from connector.config import find_config, read_config
    from connector.core.journeys import stage_names
    from connector.flows.learning import learn as study
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    if out is not None:
        refuse_live(out, bench.config.mappings)
    begin = since.replace(tzinfo=UTC) if since else None
    bench.ledger.measure(stage_names(bench.ruleset.vocabulary))
    with progress_bar(quiet=as_json) as tell:
        lessons = study(
            bench.ledger,
            bench.ruleset,
            bench.ledger.journeys(since=begin),
            now=bench.clock.now(),
            since=begin,
            by=by,
            progress=tell,
        )
    text = _proposed(bench.ruleset, lessons.proposal)
    effect = _effect(bench, text, begin, quiet=as_json) if text else None
    if as_json:
        print_json(_tree(lessons, effect))
    else:
        _print(lessons, effect)
    if out is None:
        return int(ExitCode.DONE)
    if text is None:
        say("Nothing was written: there is no proposal.")
        return int(ExitCode.ATTENTION)
    _write(out, bench.ruleset, text)
    return int(ExitCode.DONE)


def _proposed(ruleset: "Ruleset", proposal: "Proposal") -> str | None:
    """The text of qualification.yaml with the other points; None where none are recommended."""
    from connector.core.problems import Problem
    from connector.mapfiles.reweighed import rewritten

    if not proposal.is_recommended:
        return None
    text = rewritten(ruleset.files[FILE], proposal.changes)
    if isinstance(text, Problem):
        raise StopTheRun(f"{text}\nThe proposal cannot be written into the file.")
    return text


def _effect(bench: "Workbench", text: str, since: datetime | None, *, quiet: bool) -> "Backtested":
    """The proposal on the whole history; the files are read as an admin would read them."""
    from random import Random

    from connector.cli import rulesets
    from connector.cli.backtest import SEED
    from connector.flows.backtest import backtest

    with progress_bar(quiet=quiet) as tell:
        return backtest(
            bench.ledger,
            bench.ruleset,
            rulesets.from_texts({**bench.ruleset.files, FILE: text}),
            vocabulary=bench.ruleset.vocabulary,
            now=bench.clock.now(),
            since=since,
            dice=Random(SEED),
            progress=tell,
        )


def _write(out: Path, ruleset: "Ruleset", text: str) -> None:
    if out.suffix in (".yaml", ".yml"):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8", newline="")
        say(f"Written to {out}; try it with leadrelay check and leadrelay backtest")
        return
    write_folder(out, {**ruleset.files, FILE: text})
    say(f"Written to {out}; look at it with leadrelay diff {out}")


def _print(lessons: "Lessons", effect: "Backtested | None") -> None:
    for line in _heading(lessons):
        click.echo(line)
    if not lessons.judged:
        return
    _print_clauses(lessons)
    _print_revenue(lessons.clauses)
    _print_categories(lessons.categories)
    _print_proposal(lessons.proposal)
    if effect is not None:
        from connector.cli.backtest import lines, print_loads

        click.echo("\nWith these points")
        for line in lines(effect):
            click.echo(f"  {line}".rstrip())
        print_loads(effect)


def _heading(lessons: "Lessons") -> Iterable[str]:
    from connector.flows.learning import SUCCESS, TO_WIN

    since = f" from {lessons.since:%Y-%m-%d}" if lessons.since else ""
    yield f"{lessons.passed:,} passed leads{since} to {lessons.until:%Y-%m-%d}"
    rate = f" ({lessons.succeeded / lessons.judged:.0%})" if lessons.judged else ""
    days = SUCCESS[lessons.by].days
    share = f"{lessons.succeeded:,}{rate} of {lessons.judged:,}"
    yield f"{WORDS[lessons.by]}: {share} that had {days} days"
    yield f"Revenue: {lessons.ripe:,} had {TO_WIN.days} days to bring any"
    if lessons.lost:
        yield f"{lessons.lost:,} more without inputs, since they were erased or have expired"
    yield "Leads that were never passed have no outcome: nothing is learned of them."
    if not lessons.judged:
        yield "Not enough: no passed lead has had its time yet."


def _print_clauses(lessons: "Lessons") -> None:
    """Those that could be tested; the others are counted."""
    from connector.core.learning import LEAST, LEAST_OUTCOMES, Verdict

    order = list(Verdict)
    tested = [one for one in lessons.clauses if one.success.is_tested]
    tested.sort(key=lambda one: (order.index(one.success.verdict), one.success.adjusted))
    click.echo()
    print_table(
        (lessons.by, "clause", "points", "with it", "without", "difference", "chance", "line"),
        [
            (
                _verdict(one.success),
                _short(one),
                one.clause.points or "",
                *_rates(one.success),
                _chance(one.success),
                one.clause.place.line,
            )
            for one in tested
        ],
    )
    unseen = sum(one.success.verdict is Verdict.UNSEEN for one in lessons.clauses)
    if few := len(lessons.clauses) - len(tested) - unseen:
        click.echo(
            f"{few} {'more ' if tested else ''}clauses: not enough leads (needed: {LEAST} with it, "
            f"{LEAST} without, {LEAST_OUTCOMES} successes, {LEAST_OUTCOMES} failures)."
        )
    if unseen:
        click.echo(f"{unseen} clauses hold for every passed lead, or for none: nothing to compare.")


def _short(one: "Learned") -> str:
    """The clause in its rule, cut to a line; the JSON has it whole."""
    name = f"{one.clause.part} {one.clause.name}"
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _rates(found: "Finding") -> tuple[str, str, str]:
    return _compared(found, ".0%")


def _compared(found: "Finding", shape: str) -> tuple[str, str, str]:
    """With it, without it, and the interval of the difference; `shape` is that of the numbers."""
    return (
        f"{found.rate:{shape}} of {found.count:,}",
        f"{found.other_rate:{shape}} of {found.other_count:,}",
        f"[{found.low:+{shape}}, {found.high:+{shape}}]",
    )


def _verdict(found: "Finding") -> str:
    needed = f" ({found.needed:,} more)" if found.needed else ""
    return f"{found.verdict}{needed}"


def _print_revenue(learned: "Sequence[Learned]") -> None:
    tested = [one for one in learned if one.revenue.is_tested]
    told = [one for one in tested if one.revenue.adjusted <= _false()]
    click.echo()
    if not tested:
        click.echo("Revenue: not enough leads with the time and the deals to tell.")
    elif not told:
        click.echo("Revenue: no clause differs beyond chance.")
    else:
        print_table(
            ("revenue a lead", "clause", "with it", "without", "difference", "chance"),
            [
                (
                    one.revenue.verdict,
                    _short(one),
                    *_amounts(one.revenue),
                    _chance(one.revenue),
                )
                for one in sorted(told, key=lambda one: one.revenue.adjusted)
            ],
        )


def _chance(found: "Finding") -> str:
    return "<0.001" if found.adjusted < 0.001 else f"{found.adjusted:.3f}"


def _amounts(found: "Finding") -> tuple[str, str, str]:
    return _compared(found, ",.0f")


def _print_categories(given: "Sequence[Category]") -> None:
    rows = []
    for one in given:
        for found in (one.success, one.revenue):
            if found.is_tested and found.adjusted <= _false():
                shown = _amounts(found) if found.outcome == "revenue" else _rates(found)
                better = "better" if found.rate > found.other_rate else "worse"
                rows.append((better, f"{one.dimension} {one.group}", found.outcome, *shown))
    click.echo()
    if rows:
        print_table(("", "category", "by", "own", "all others", "difference"), rows)
    else:
        click.echo(f"Categories: none of {len(given)} differs from the others beyond chance.")


def _false() -> float:
    from connector.core.learning import FALSE

    return FALSE


def _print_proposal(proposal: "Proposal") -> None:
    click.echo()
    if not proposal.changes:
        click.echo(f"No proposal: {proposal.withheld}.")
        return
    print_table(
        ("proposal", "rule", "points", "now", "why"),
        [(one.part, one.rule, one.before, one.after, str(one.why)) for one in proposal.changes],
    )
    found = proposal.comparison
    if found is not None:
        click.echo(
            f"On the {found.successes + found.failures:,} newest leads, which it has not seen, one"
            f" that succeeds has the\nhigher score in {found.before:.1%} of all pairs by present"
            f" points, in {found.after:.1%} by these\n(change {found.after - found.before:+.1%},"
            f" 90 % interval [{found.low:+.1%}, {found.high:+.1%}])."
        )
    if proposal.withheld:
        click.echo(f"Withheld: {proposal.withheld}.")


def _tree(lessons: "Lessons", effect: "Backtested | None") -> dict[str, Any]:
    from dataclasses import asdict

    from connector.cli.backtest import tree

    proposal = lessons.proposal
    return {
        "passed": lessons.passed,
        "judged": lessons.judged,
        "succeeded": lessons.succeeded,
        "ripe_for_revenue": lessons.ripe,
        "without_inputs": lessons.lost,
        "since": lessons.since,
        "until": lessons.until,
        "clauses": [
            {
                "part": one.clause.part,
                "rule": one.clause.rule,
                "clause": one.clause.text,
                "points": one.clause.points,
                "place": str(one.clause.place),
                "success": asdict(one.success),
                "revenue": asdict(one.revenue),
            }
            for one in lessons.clauses
        ],
        "categories": [asdict(one) for one in lessons.categories],
        "proposal": {
            "recommended": proposal.is_recommended,
            "withheld": proposal.withheld,
            "changes": [{**asdict(one), "place": str(one.place)} for one in proposal.changes],
            "ranking": asdict(proposal.comparison) if proposal.comparison else None,
        },
        "effect": tree(effect) if effect is not None else None,
    }
