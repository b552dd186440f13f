"""`leadrelay blame`: how a definition changed, and which rates moved since."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.shifts import Share, Shift
    from connector.mapfiles.history import Edition

EPILOG = """\b
Examples:
  leadrelay blame mql                     the term, its stage rule, and what moved
  leadrelay blame "enterprise, DACH"      a routing rule
  leadrelay blame employees --days 60
"""


@click.command(epilog=EPILOG)
@click.argument("term")
@click.option("--days", default=28, show_default=True, help="Days to compare on each side.")
@common
def blame(term: str, days: int, config_file: str | None, as_json: bool) -> int:
    """Show how the definition of TERM changed, by which version, and which rates moved.

    TERM is a term, stage, field, rule, clause or programme of the files. Every set of files that
    was ever used is kept in the ledger.
    """
    from connector.config import find_config, read_config
    from connector.core.shifts import shifts
    from connector.flows.measure import journeys_of
    from connector.mapfiles.history import editions
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    bench.keep_ruleset()
    found = editions(bench.ledger.rulesets(), term)
    if not found:
        say(f"No set of files that was ever used here defines '{term}'.")
        return int(ExitCode.ATTENTION)
    journeys = journeys_of(bench.ledger, bench.ruleset.vocabulary)
    now, span = bench.clock.now(), timedelta(days=days)
    first = found[0].at
    moved = {
        one.at: shifts(journeys, one.at, span=span, until=now) for one in found if one.at > first
    }
    if as_json:
        print_json(
            [
                {
                    "version": one.hash[:12],
                    "first_used": one.at,
                    "where": one.where,
                    "changes": [list(change) for change in one.changes],
                    "rates": [_rate_tree(shift) for shift in moved.get(one.at, [])],
                }
                for one in found
            ]
        )
    else:
        for number, one in enumerate(found):
            last = number + 1 == len(found) or found[number + 1].at != one.at
            _print(one, moved.get(one.at, []) if last else [], days)
    return int(ExitCode.DONE)


def _print(one: "Edition", rates: "list[Shift]", days: int) -> None:
    click.secho(f"{one.at:%Y-%m-%d %H:%M} · version {one.hash[:12]} · {one.where}", bold=True)
    for part, before, after in one.changes:
        if before:
            click.echo(f"    {part or 'it'}: {before} -> {after or '(removed)'}")
        else:
            click.echo(f"    {part or 'it'}: {after}")
    for shift in rates:
        if not (shift.before.whole or shift.after.whole):
            continue
        verdict = "moved" if shift.moved else "no clear change"
        click.echo(
            f"    {shift.start} -> {shift.end}: {_share(shift.before)} in the {days} days before, "
            f"{_share(shift.after)} since: {verdict}"
        )


def _share(share: "Share") -> str:
    rate = "–" if share.rate is None else f"{share.rate * 100:.0f} %"
    return f"{rate} ({share.part} of {share.whole})"


def _rate_tree(shift: "Shift") -> dict[str, Any]:
    return {
        "from": shift.start,
        "to": shift.end,
        "before": [shift.before.part, shift.before.whole],
        "after": [shift.after.part, shift.after.whole],
        "moved": shift.moved,
    }
