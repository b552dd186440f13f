"""`leadrelay plan`: each field that a run would write now, before -> after, and why."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, progress_bar, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.flows.preview import Line
    from connector.store.planfile import Plan
    from connector.wiring import Workbench

JOBS = ("pull-leads", "recycle-leads", "push-sqls")  #: those that decide

EPILOG = """\b
Examples:
  leadrelay plan                          what a run would write now
  leadrelay plan --job push-sqls          only what this job adds
  leadrelay plan --out plan.json          keep it, to be carried out exactly
  leadrelay apply plan.json
"""


@click.command(epilog=EPILOG)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep the plan there.")
@click.option("--job", "only", multiple=True, help="Only what these jobs would do (repeatable).")
@click.option("--limit", default=25, show_default=True, help="Leads to show; 0 shows all.")
@common
def plan(
    out: Path | None, only: tuple[str, ...], limit: int, config_file: str | None, as_json: bool
) -> int:
    """Show each field that would be written in both systems, before -> after, and why.

    The jobs run on a copy of the ledger and read both systems; nothing is written to either, nor
    to the ledger. What earlier runs planned and did not send yet is shown too.
    """
    from connector.config import find_config, read_config
    from connector.store import planfile
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    with progress_bar(quiet=as_json) as tell:
        made, rehearsed = foresee(bench, only or JOBS, tell)
    bench.look()
    seal = planfile.write(made, out) if out else ""
    if as_json:
        print_json(_json(made, rehearsed, seal))
    else:
        _print(made, limit)
        if out:
            say(f"Kept in {out}, plan {seal[:12]}. Carry it out with `leadrelay apply {out}`.")
            say("The file holds personal data: delete it when it is done.")
    failed = [run for run in rehearsed if run.exit_code not in (ExitCode.DONE, ExitCode.ATTENTION)]
    for run in failed:
        say(f"{run.job}: {run.message}")
    return int(failed[0].exit_code if failed else ExitCode.DONE)


def foresee(
    bench: "Workbench", names: Sequence[str], tell: Callable[[str, int], None]
) -> tuple["Plan", list[Any]]:
    """Runs the jobs on a copy of the ledger, in rehearsal; returns the plan and their runs."""
    from connector.cli.run import jobs
    from connector.flows.preview import preview
    from connector.flows.told import told_properties
    from connector.runner import run_job
    from connector.store import foresee as copies
    from connector.store.planfile import Plan
    from connector.wiring import Workbench

    known = jobs()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"There is no job '{unknown[0]}'. Jobs: {', '.join(known)}.")
    with tempfile.TemporaryDirectory(prefix="leadrelay-plan-") as folder:
        with copies.rehearsal(bench.ledger, Path(folder)) as (url, base):
            part = bench.config.ledger.model_copy(update={"url": url})
            config = bench.config.model_copy(update={"mode": "rehearse", "ledger": part})
            shadow = Workbench(config, clock=bench.clock)
            runs = [run_job(known[name], shadow, progress=tell) for name in names]
            actions = [stored.action for stored in shadow.ledger.planned()]
            with shadow.ledger.transaction() as tx:
                leads = tx.leads(sorted({a.lead_id for a in actions}))
            lines = preview(
                actions,
                leads,
                bench.marketing,
                bench.crm,
                external_id=bench.ruleset.fields.external_id,
                told=told_properties(bench.ruleset),
            )
            shadow.ledger.close()
            changed = copies.changes(base, Path(url.removeprefix("sqlite:///")))
    made = Plan(
        made_at=bench.clock.now(),
        ruleset=bench.ruleset.hash,
        jobs=tuple(names),
        lines=tuple(lines),
        keys=tuple(a.key for a in actions),
        changes=tuple(changed),
    )
    return made, runs


def _json(made: "Plan", runs: Sequence[Any], seal: str) -> dict[str, Any]:
    return {
        "made_at": made.made_at,
        "ruleset": made.ruleset,
        "plan": seal,
        "counts": counts(made.lines),
        "jobs": [{"job": run.job, "outcome": run.outcome, "message": run.message} for run in runs],
        "lines": [
            {
                "lead": line.lead_id,
                "system": line.system,
                "record": line.record,
                "field": line.field,
                "before": line.before,
                "after": line.after,
                "because": line.because,
                "rule": line.rule,
                "place": str(line.place),
            }
            for line in made.lines
            if line.writes
        ],
    }


def counts(lines: Sequence["Line"]) -> dict[str, int]:
    """Fields, records and leads that would be written, and messages that would be sent."""
    writes = [line for line in lines if line.writes]
    told = [line for line in writes if line.system == "notify"]
    fields = [line for line in writes if line.system != "notify"]
    return {
        "leads": len({line.lead_id for line in fields}),
        "records": len({line.key for line in fields}),
        "fields": len(fields),
        "messages": len(told),
    }


def _print(made: "Plan", limit: int) -> None:
    by_lead: dict[str, list[Line]] = {}
    for line in made.lines:
        if line.writes:
            by_lead.setdefault(line.lead_id, []).append(line)
    shown = list(by_lead.items())[: limit or None]
    for lead_id, lines in shown:
        click.secho(lead_id, bold=True)
        key = ""
        for line in lines:
            if line.key != key:
                key = line.key
                click.echo(f"  {line.record} in {line.system}, {_why(line)}")
            click.echo(f"    {line.field}: {_shown(line.before)} -> {_shown(line.after)}")
    if len(by_lead) > len(shown):
        click.echo(f"… and {len(by_lead) - len(shown):,} more leads (--limit 0 shows all)")
    sums = counts(made.lines)
    if not any(sums.values()):
        click.echo("Nothing would be written.")
        return
    told = f", {sums['messages']:,} messages" if sums["messages"] else ""
    click.echo(
        f"{sums['fields']:,} fields of {sums['records']:,} records would be written, for "
        f"{sums['leads']:,} lead{'' if sums['leads'] == 1 else 's'}{told}. "
        f"Files: version {made.ruleset[:12]}."
    )


def _why(line: "Line") -> str:
    at = f" ({line.place})" if line.place.line else ""
    return f"because {line.because}{at}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "(blank)"
    text = str(value)
    first = text.splitlines()[0]
    cut = first if len(first) <= 60 else f"{first[:59]}…"
    more = text.count("\n")
    return f"{cut} (+{more} lines)" if more else cut
