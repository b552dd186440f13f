"""`leadrelay backtest`: what other files would have made of the history."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, progress_bar
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.backtest import Backtested, Outcomes
    from connector.core.shifts import Share

LARGE = 0.1  #: change of the volume that is pointed out
MOST_NAMED = 5
SEED = 1  #: of the interval of the revenue: the same history gives the same figures
EPILOG = """\b
Examples:
  leadrelay backtest --mappings drafts/mappings
  leadrelay backtest -m drafts/mappings --against c109a77dd067 --since 2026-01-01
  leadrelay backtest -m drafts/mappings --json | jq .passed_by_both

\b
How it is done and what it cannot know: docs/explanation/learning.md
"""


@click.command(epilog=EPILOG)
@click.option("--mappings", "-m", "new", required=True, metavar="NEW", help="Folder, or a hash.")
@click.option("--against", metavar="OLD", help="Default: the files that decided last.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Cycles begun from this day on.")
@common
def backtest(
    new: str, against: str | None, since: datetime | None, config_file: str | None, as_json: bool
) -> int:
    """Decide the ledger's whole history anew by other files; nothing is written.

    NEW and OLD are folders, or hashes of sets that were in use before. Volume and load are counted
    as if the files had been in force all the time; outcomes are told only where they were observed.
    """
    from random import Random

    from connector.cli import rulesets
    from connector.config import find_config, read_config
    from connector.flows.backtest import backtest as replay_history
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    chosen = rulesets.find(new, bench.ledger)
    before = rulesets.find(against, bench.ledger) if against else rulesets.last_used(bench.ledger)
    with progress_bar(quiet=as_json) as tell:
        found = replay_history(
            bench.ledger,
            before,
            chosen,
            vocabulary=bench.ruleset.vocabulary,
            now=bench.clock.now(),
            since=since.replace(tzinfo=UTC) if since else None,
            dice=Random(SEED),
            progress=tell,
        )
    if as_json:
        print_json({"old": before.version, "new": chosen.version, **tree(found)})
    else:
        click.echo(f"Version {chosen.version} on the history that {before.version} decided last")
        for line in lines(found):
            click.echo(line)
        print_loads(found)
    return int(ExitCode.DONE)


def lines(found: "Backtested") -> Iterable[str]:
    """Volumes, outcomes and warnings in words; intervals are of 90 %."""
    since = f" from {found.since:%Y-%m-%d}" if found.since else ""
    yield f"{found.cycles:,} cycles{since} to {found.until:%Y-%m-%d}"
    yield ""
    for one in found.volumes:
        name = {"marketing_qualified": "Marketing-qualified", "passed": "Passed to sales"}[one.step]
        yield (
            f"{name}: {one.after:,} [{one.low:,.0f}, {one.high:,.0f}]; "
            f"by the old files {one.before:,}, in truth {one.happened:,}"
        )
    passed = found.volumes[-1]
    if abs(passed.after - passed.before) > LARGE * passed.before:
        less = "fewer" if passed.after < passed.before else "more"
        share = abs(passed.after / passed.before - 1) if passed.before else 1.0
        yield f"    {share:.0%} {less} than by the old files: look at the thresholds of the stages."
    yield from _outcomes("Passed in truth and by the new files", found.both)
    if found.both.amounts:
        low, high = found.revenue
        yield f"    their revenue again: [{low:,.0f}, {high:,.0f}] {found.currency}"
    yield from _outcomes("Passed in truth, no longer by the new files", found.dropped)
    yield f"Passed by the new files only: {found.gained:,}"
    yield from _warnings(found)


def _outcomes(name: str, given: "Outcomes") -> Iterable[str]:
    yield f"{name}: {given.leads:,}"
    if given.leads:
        yield f"    accepted {_rate(given.accepted)}"
        yield f"    opportunities {_rate(given.opportunities)}"
        yield f"    won {given.won:,}, revenue {given.revenue:,.0f}"


def _rate(share: "Share") -> str:
    from connector.core.backtest import LEAST
    from connector.core.intervals import wilson

    if share.whole < LEAST:
        return f"{share.part:,} of {share.whole:,}: too few for a rate"
    low, high = wilson(share.part, share.whole)
    rate = share.part / share.whole
    return f"{share.part:,} of {share.whole:,}: {rate:.0%} [{low:.0%}, {high:.0%}]"


def _warnings(found: "Backtested") -> Iterable[str]:
    if found.gained:
        yield "    Sales never saw them: what they would have brought is unknown, and not guessed."
    if found.gained and found.bounds and found.acceptance:
        low, high = found.bounds
        yield f"    Acceptance of all that is passed: between {low:.0%} and {high:.0%},"
        yield "    as none or all of these would have been accepted."
    if found.undecided:
        yield f"Left to the lead centre, which was never asked about them: {found.undecided:,}"
    if found.agreement.part < found.agreement.whole:
        share = found.agreement.part / found.agreement.whole
        yield f"The old files, decided anew, pass as it happened in {share:.1%} of the cycles;"
        yield "    activities that were only read at the hand-off, and caps, make the difference."
    if found.lost:
        yield f"Cycles with nothing to decide on (yet, or any more): {found.lost:,}"
    if found.blank:
        more = f" and {len(found.blank) - MOST_NAMED} more" if len(found.blank) > MOST_NAMED else ""
        named = ", ".join(found.blank[:MOST_NAMED]) + more
        yield f"In no kept input, and so blank to every rule: {named}"


def print_loads(found: "Backtested") -> None:
    """Leads of each owner, busiest by the new files last named first."""
    if not found.loads:
        return
    click.echo()
    print_table(
        ("owner", "new files", "90 % interval", "old files", "in truth"),
        [
            (one.owner, one.after, f"[{one.low:,.0f}, {one.high:,.0f}]", one.before, one.happened)
            for one in sorted(found.loads, key=lambda one: -one.after)
        ],
    )


def tree(found: "Backtested") -> dict[str, Any]:
    """Everything as JSON."""
    from dataclasses import asdict

    return {
        "cycles": found.cycles,
        "since": found.since,
        "until": found.until,
        "without_inputs": found.lost,
        "volumes": [asdict(one) for one in found.volumes],
        "agreement": asdict(found.agreement),
        "left_to_lead_centre": found.undecided,
        "passed_by_both": {
            **_outcome_tree(found.both),
            "acceptance": found.acceptance,
            "opportunity_rate": found.opportunities,
            "revenue_interval": found.revenue,
        },
        "no_longer_passed": _outcome_tree(found.dropped),
        "newly_passed": {"leads": found.gained, "outcome": "never observed"},
        "acceptance_bounds": found.bounds,
        "currency": found.currency,
        "loads": [asdict(one) for one in found.loads],
        "blank_fields": list(found.blank),
    }


def _outcome_tree(given: "Outcomes") -> dict[str, Any]:
    return {
        "leads": given.leads,
        "accepted": [given.accepted.part, given.accepted.whole],
        "opportunities": [given.opportunities.part, given.opportunities.whole],
        "won": given.won,
        "revenue": given.revenue,
    }
