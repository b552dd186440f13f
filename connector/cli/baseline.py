"""`leadrelay baseline`: targets and times that the history bears out, as lines for the files."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.drafts import refuse_live, write_folder
from connector.cli.show import common, print_json, print_table, say
from connector.core.errors import StopTheRun
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.baseline import ClauseBaseline, TargetBaseline
    from connector.mapfiles.yaml_text import Path as Where
    from connector.wiring import Workbench

TARGETS, PROMISES = "targets.yaml", "promises.yaml"
Line = tuple[str, "Where", int, "int | float | str", str]  #: file, path, line, value, why
EPILOG = """\b
Examples:
  leadrelay baseline                             what the past says of targets and times
  leadrelay baseline --json
  leadrelay baseline --out drafts/mappings       the same, as a folder of files to look at

\b
A target is proposed as the median of the latest full periods (6 at most, 3 at
least). A time is proposed as that in which 80 % were answered (of 20 at least),
where fewer kept the present one or half of it would do. The live files are
never changed: both teams decide, in the open.
"""


@click.command(epilog=EPILOG)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="A new folder for the files.")
@common
def baseline(out: Path | None, config_file: str | None, as_json: bool) -> int:
    """Propose targets and promises from the history, with the counts and dates behind each."""
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    if out is not None:
        refuse_live(out, bench.config.mappings)
    targets, clauses = _baselines(bench)
    lines = [*_target_lines(targets), *_clause_lines(clauses)]
    if as_json:
        print_json(_tree(targets, clauses, lines))
    else:
        _print(targets, clauses, lines)
    if out is not None:
        write_folder(out, _edited(dict(bench.ruleset.files), lines))
        say(f"Written to {out}; look at it with leadrelay check -m {out}")
    return int(ExitCode.DONE)


def _baselines(bench: "Workbench") -> "tuple[list[TargetBaseline], list[ClauseBaseline]]":
    from connector.core.baseline import HISTORY, of_clauses, of_targets
    from connector.flows.standings import standings
    from connector.gathering import Gathering

    now = bench.clock.now()
    gathering = Gathering(bench, now - timedelta(days=3 * 366))
    targets = of_targets(gathering.journeys, bench.ruleset, gathering.segment_of, now=now)
    volumes = [c for c in bench.ruleset.promises.clauses.values() if c.at_least is not None]
    with bench.ledger.transaction() as tx:
        starts = {c.start: tx.moments_since(c.start, now - HISTORY) for c in volumes}
    found = standings(bench.ledger, bench.ruleset, now)
    states = (state for _, _, states in found for state in states)
    return targets, of_clauses(states, starts, bench.ruleset, now=now)


# --- the lines to paste ------------------------------------------------------------------------


def _target_lines(found: "Sequence[TargetBaseline]") -> Iterator[Line]:
    for one in found:
        if one.proposed is not None and one.proposed != one.target.value:
            why = f"median of {len(one.figures)} {one.target.period}s, {one.count} behind them"
            path: Where = ("targets", one.number, "value")
            yield TARGETS, path, one.target.place.line, _number(one.proposed), why


def _clause_lines(found: "Sequence[ClauseBaseline]") -> Iterator[Line]:
    for one in found:
        if one.proposed is None or one.proposed == one.now:
            continue
        clause = one.clause
        if isinstance(one.proposed, timedelta):
            why = f"80 % of {one.count} were answered in it; {one.kept} kept the present time"
            why += "; move what follows a breach behind it" if one.is_due_later else ""
            key, value = "within", _duration(one.proposed)
        else:
            why = f"median of {one.count} periods"
            key, value = "at_least", str(one.proposed)
        path: Where = (clause.side.value, clause.name, key)
        yield PROMISES, path, clause.place.line, value if key == "within" else int(value), why


def _edited(files: dict[str, str], lines: "Sequence[Line]") -> dict[str, str]:
    from connector.core.problems import Problem
    from connector.mapfiles.edit import set_value

    for file, path, _, value, _ in lines:
        text = set_value(files[file], path, value, file)
        if isinstance(text, Problem):
            raise StopTheRun(f"{text}\nThe proposal cannot be written into the file.")
        files[file] = text
    return files


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _duration(span: timedelta) -> str:
    """As the files write it: minutes, hours or days."""
    minutes = int(span.total_seconds() // 60)
    for least, size, unit in ((2_880, 1_440, "d"), (60, 60, "h")):
        if minutes >= least and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


# --- telling -----------------------------------------------------------------------------------


def _print(
    targets: "Sequence[TargetBaseline]",
    clauses: "Sequence[ClauseBaseline]",
    lines: "Sequence[Line]",
) -> None:
    columns = ("target", "now", "seen", "median", "reached", "behind it", "from", "to", "proposed")
    print_table(columns, [_target_row(one) for one in targets], title="Targets")
    click.echo()
    headings = ("promise", "now", "median", "kept", "from", "to", "proposed")
    print_table(headings, [_clause_row(one) for one in clauses], title="Promises")
    click.echo()
    if not lines:
        click.echo("Nothing to change: the history is too short, or bears out what is agreed.")
        return
    click.secho("Lines for the files", bold=True)
    for file, path, line, value, why in lines:
        where = ".".join(str(part) for part in path[:-1])
        click.echo(f"{file}:{line} {where}\n    {path[-1]}: {value}   # {why}")


def _target_row(one: "TargetBaseline") -> tuple[Any, ...]:
    from statistics import median

    target = one.target
    name = " ".join(part for part in (target.metric, target.segment, target.period) if part)
    if not one.figures:
        return name, _number(target.value), "", "", "", 0, "", "", "no full period yet"
    seen = f"{_shown(min(one.figures))} to {_shown(max(one.figures))}"
    return (
        name,
        _number(target.value),
        seen,
        _shown(median(one.figures)),
        f"{one.met} of {len(one.figures)}",
        one.count,
        *_dates(one.since, one.until - timedelta(days=1)),
        _proposed(one),
    )


def _proposed(one: "TargetBaseline") -> str:
    if one.proposed is None:
        return "too few periods"
    return "as agreed" if one.proposed == one.target.value else str(_number(one.proposed))


def _clause_row(one: "ClauseBaseline") -> tuple[Any, ...]:
    from connector.reports.promises import spoken

    if not one.count:
        return one.clause.name, _said(one.now), "", "", "", "", "no history"
    proposed = "as agreed" if one.proposed == one.now else _said(one.proposed)
    if one.proposed is None:
        proposed = "" if one.clause.holds is not None else "not enough"
    return (
        one.clause.name,
        "at once" if one.clause.holds is not None else _said(one.now),
        spoken(one.usual, one.clause.clock) if isinstance(one.usual, timedelta) else one.usual,
        f"{one.kept} of {one.count}",
        *_dates(one.since, one.until),
        proposed,
    )


def _said(value: timedelta | int | None) -> str:
    if isinstance(value, timedelta):
        return _duration(value)
    return "" if value is None else str(value)


def _shown(value: Decimal) -> str:
    return f"{_number(round(value, 1)):,}"


def _dates(since: datetime, until: datetime) -> tuple[str, str]:
    return f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}"


def _tree(
    targets: "Sequence[TargetBaseline]",
    clauses: "Sequence[ClauseBaseline]",
    lines: "Sequence[Line]",
) -> dict[str, Any]:
    return {
        "targets": [
            {
                "metric": one.target.metric,
                "segment": one.target.segment,
                "period": one.target.period,
                "now": one.target.value,
                "figures": one.figures,
                "reached": one.met,
                "behind_it": one.count,
                "since": one.since,
                "until": one.until,
                "proposed": one.proposed,
                "place": str(one.target.place),
            }
            for one in targets
        ],
        "promises": [
            {
                "clause": one.clause.name,
                "side": one.clause.side,
                "now": _said(one.now),
                "median": _said(one.usual),
                "kept": one.kept,
                "of": one.count,
                "since": one.since,
                "until": one.until,
                "proposed": _said(one.proposed),
                "place": str(one.clause.place),
            }
            for one in clauses
        ],
        "lines": [
            {"file": file, "at": ".".join(map(str, path)), "value": value, "why": why}
            for file, path, _, value, why in lines
        ],
    }
