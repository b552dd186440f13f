"""`leadrelay apply`: carries out a kept plan exactly, or refuses where the world has moved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, progress_bar, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.plan import Destination
    from connector.ports import Run, StoredAction
    from connector.store.planfile import Plan
    from connector.wiring import Workbench

EPILOG = """\b
Examples:
  leadrelay plan --out plan.json
  leadrelay apply plan.json
  leadrelay apply plan.json --rest        leave out the leads that have moved
"""


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--rest", is_flag=True, help="Carry out the rest where some leads have moved.")
@common
def apply(file: Path, rest: bool, config_file: str | None, as_json: bool) -> int:
    """Carry out a plan from `leadrelay plan --out`: exactly its lines, and nothing else.

    It refuses a plan that was edited or made by other mapping files, and one for which a field or
    a decision has changed since; then it names the leads. Caps do not hold here: you have looked.
    """
    from connector.config import find_config, read_config
    from connector.core.errors import StopTheRun
    from connector.store import planfile
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    made, seal = planfile.read(file)
    if not bench.config.live:
        raise StopTheRun(
            'the configuration says mode = "rehearse": nothing was written\n'
            '    Set mode = "live" in config.toml (or LEADRELAY_MODE=live) to carry a plan out.'
        )
    if made.ruleset != bench.ruleset.hash:
        raise StopTheRun(
            f"the plan was made by the files of version {made.ruleset[:12]}, these are version "
            f"{bench.ruleset.version}\n    Nothing was written. Make a new plan."
        )
    moved = what_moved(bench, made)
    if moved and not rest:
        _refuse(moved, as_json)
        return int(ExitCode.ATTENTION)
    with progress_bar(quiet=as_json) as tell:
        done = carry_out(bench, made, leave=set(moved), tell=tell)
    totals = done.totals
    if as_json:
        print_json(
            {
                "run": done.id,
                "plan": seal,
                "outcome": done.outcome,
                "delivered": totals.delivered,
                "skipped": totals.skipped,
                "waiting": totals.waiting,
                "parked": totals.parked,
                "left_out": moved,
                "message": done.message,
            }
        )
    else:
        from connector.cli.run import summary

        click.echo(summary("apply", done.mode, done.outcome, totals))
        if done.message:
            say(done.message)
        if moved:
            say(f"{len(moved)} leads were left out, since they have moved; plan them anew.")
    code = done.exit_code or int(ExitCode.DONE)
    return code or int(ExitCode.ATTENTION if moved else ExitCode.DONE)


def _refuse(moved: dict[str, list[str]], as_json: bool) -> None:
    if as_json:
        print_json({"outcome": "refused", "moved": moved})
        return
    for lead_id, reasons in moved.items():
        for reason in reasons:
            click.echo(f"{lead_id}: {reason}")
    say(
        f"The world has moved for {len(moved)} leads since the plan: nothing was written.\n"
        "    Make a new plan, or carry out the others with --rest."
    )


def what_moved(bench: "Workbench", made: "Plan") -> dict[str, list[str]]:
    """Lead id -> what is no longer as it was when the plan was made; fields by name only."""
    from connector.core.plan import ActionState
    from connector.flows.preview import moved, preview
    from connector.flows.told import told_properties
    from connector.store import foresee

    found: dict[str, list[str]] = {}
    with bench.ledger.reading() as connection:
        for lead_id in sorted(foresee.in_the_way(connection, made.changes)):
            found.setdefault(lead_id, []).append("was decided anew in the ledger")
    actions = _actions(bench, made)
    with bench.ledger.transaction() as tx:
        leads = tx.leads(sorted({stored.action.lead_id for stored in actions}))
    open_states = (ActionState.PLANNED, ActionState.WAITING)
    for stored in actions:
        if stored.state not in open_states:
            reason = f"{stored.action.kind} in {stored.action.destination} is {stored.state}"
            found.setdefault(stored.action.lead_id, []).append(reason)
    now = preview(
        [stored.action for stored in actions],
        leads,
        bench.marketing,
        bench.crm,
        external_id=bench.ruleset.fields.external_id,
        told=told_properties(bench.ruleset),
    )
    over = {stored.action.lead_id for stored in actions if stored.state not in open_states}
    for line, _ in moved(made.lines, now):
        if line.lead_id not in over:  # what was carried out has changed the fields, of course
            reason = f"{line.record} in {line.system}: {line.field} has changed"
            found.setdefault(line.lead_id, []).append(reason)
    return found


def _actions(bench: "Workbench", made: "Plan") -> list["StoredAction"]:
    """The plan's actions: from the ledger, and those that it would be the first to store."""
    from connector.store import foresee

    foreseen = foresee.actions_in(made.changes)
    new = {stored.action.key for stored in foreseen}
    with bench.ledger.transaction() as tx:
        known = tx.actions([key for key in made.keys if key not in new])
    by_key = {stored.action.key: stored for stored in (*known, *foreseen)}
    return [by_key[key] for key in made.keys if key in by_key]


def carry_out(bench: "Workbench", made: "Plan", *, leave: set[str], tell: Any) -> "Run":
    """Stores the plan's decisions and delivers its actions, as one run of the job `apply`."""
    from connector.ports import RunTotals
    from connector.runner import Job, Task, run_job
    from connector.store import foresee

    chosen = [change for change in made.changes if change.lead_id not in leave]
    keys = [s.action.key for s in _actions(bench, made) if s.action.lead_id not in leave]

    def flow(_: Any, task: Task) -> RunTotals:
        with bench.ledger.writing() as connection:
            foresee.put(connection, chosen)
        return bench.deliver(
            *_destinations(bench, keys), run_id=task.run_id, progress=task.progress, keys=keys
        )

    job = Job(name="apply", cadence="", summary="Carries out a kept plan.", flow=flow)
    bench.keep_ruleset()
    return run_job(job, bench, progress=tell)


def _destinations(bench: "Workbench", keys: Sequence[str]) -> list["Destination"]:
    from connector.core.plan import Destination

    with bench.ledger.transaction() as tx:
        wanted = {stored.action.destination for stored in tx.actions(keys)}
    order = (Destination.HUBSPOT, Destination.SALESFORCE, Destination.NOTIFY)
    return [destination for destination in order if destination in wanted]
