"""`leadrelay turns`: the fairness ledger, and an absence rehearsed before it happens."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.turns import Turn
    from connector.wiring import Workbench

NOTE = """\
share: turns by weight, over the draws that somebody took part in; who is absent, capped or on hold
neither earns nor owes. deviation: below one turn from a level start, and in any span for equal
weights or two people; below two in any other span. More comes only of leads that somebody could
not take: see `passed over`."""
EPILOG = """\b
Examples:
  leadrelay turns                              every team, the last 30 days
  leadrelay turns enterprise-dach --days 7     each turn, and who was passed over and why
  leadrelay turns growth --rehearse-absence marco --next 12
"""


@click.command(epilog=EPILOG)
@click.argument("team", required=False)
@click.option("--days", default=30, show_default=True, help="How far back.")
@click.option("--rehearse-absence", "away", multiple=True, metavar="PERSON", help="Who is away.")
@click.option("--next", "count", default=20, show_default=True, help="Turns to rehearse.")
@common
def turns(
    team: str | None,
    days: int,
    away: tuple[str, ...],
    count: int,
    config_file: str | None,
    as_json: bool,
) -> int:
    """Show whose turn it was, who was passed over and why, and how fair it came out."""
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    known = bench.ruleset.people
    if team is not None and team not in known.teams:
        raise click.UsageError(f"There is no team '{team}'. Teams: {', '.join(known.teams)}.")
    strangers = [key for key in away if key not in known.persons]
    if strangers:
        raise click.UsageError(f"Nobody on the roster is called '{strangers[0]}'.")
    if away:
        return _rehearse(bench, team, away, count, as_json)
    since = bench.clock.now() - timedelta(days=days)
    with bench.ledger.transaction() as tx:
        found = tx.turns(team, since)
    teams = [team] if team else list(dict.fromkeys(turn.team for turn in found))
    if as_json:
        print_json([_picture(name, [t for t in found if t.team == name]) for name in teams])
    elif not found:
        say("No turn was taken in this time.")
    else:
        for name in teams:
            _print(name, [t for t in found if t.team == name], each=team is not None)
        click.echo(NOTE)
    return int(ExitCode.DONE)


def _picture(team: str, found: "Sequence[Turn]") -> dict[str, Any]:
    from connector.core.turns import fairness

    fair = fairness(team, found)
    return {
        "team": team,
        "turns": fair.turns,
        "largest_gap": fair.largest_gap,
        "largest_deviation": round(float(fair.largest_deviation), 3),
        "gini": round(fair.gini, 4),
        "people": [
            {
                "person": one.person,
                "turns": one.turns,
                "share": round(float(one.share), 3),
                "deviation": round(float(one.deviation), 3),
                "largest_gap": one.largest_gap,
                "skips": dict(one.skips),
            }
            for one in fair.persons
        ],
        "each": [
            {
                "at": turn.at,
                "lead": turn.lead_id,
                "person": turn.person,
                "rule": turn.rule,
                "draw": dict(turn.draw),
                "skipped": dict(turn.skipped),
            }
            for turn in found
        ],
    }


def _print(team: str, found: "Sequence[Turn]", *, each: bool) -> None:
    picture = _picture(team, found)
    click.secho(
        f"{team}: turns taken {picture['turns']}, largest gap {picture['largest_gap']}, "
        f"largest deviation {picture['largest_deviation']:.2f} turns",
        bold=True,
    )
    rows = [
        (
            one["person"],
            one["turns"],
            f"{one['share']:.1f}",
            f"{one['deviation']:+.2f}",
            one["largest_gap"],
            "; ".join(f"{why} ({n}x)" for why, n in one["skips"].items()),
        )
        for one in picture["people"]
    ]
    print_table(("person", "turns", "share", "deviation", "gap", "passed over because"), rows)
    if each:
        click.echo()
        print_table(
            ("when (UTC)", "lead", "turn of", "rule", "passed over"),
            [
                (
                    f"{turn.at:%Y-%m-%d %H:%M}",
                    turn.lead_id,
                    turn.person,
                    turn.rule,
                    "; ".join(f"{person}: {why}" for person, why in turn.skipped),
                )
                for turn in found
            ],
        )
    click.echo()


def _rehearse(
    bench: "Workbench", team: str | None, away: Sequence[str], count: int, as_json: bool
) -> int:
    """What the next turns would be with everybody there, during the absence, and after it."""
    from connector.core.turns import TurnHistory, rehearse_absence

    people = bench.ruleset.people
    with bench.ledger.transaction() as tx:
        history = TurnHistory.counted(tx.standing().counts)
    teams = [team] if team else sorted({t for key in away for t in people.persons[key].teams})
    pictures = []
    for name in teams:
        draw = tuple((p.key, p.weight) for p in people.members(name) if p.weight > 0)
        rehearsal = rehearse_absence(history.of(name), draw, away, count)
        rows = [
            (person, there, gone, rehearsal.after_return.count(person))
            for person, (there, gone) in rehearsal.load().items()
        ]
        pictures.append({"team": name, "rows": rows})
    if as_json:
        names = ("person", "everybody_there", "during_absence", "after_return")
        print_json(
            [
                {"team": p["team"], "turns": [dict(zip(names, r, strict=True)) for r in p["rows"]]}
                for p in pictures
            ]
        )
        return int(ExitCode.DONE)
    for picture in pictures:
        click.secho(f"{picture['team']}: the next {count} turns", bold=True)
        columns = ("person", "everybody there", "during the absence", "as many after it")
        print_table(columns, picture["rows"])
        click.echo()
    return int(ExitCode.DONE)
