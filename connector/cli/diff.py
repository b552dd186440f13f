"""`leadrelay diff`: what a change of the files changes, lead by lead, before it is used."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, say
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.rule_diff import Difference

EPILOG = """\b
Examples:
  leadrelay diff drafts/mappings                 against the files that decided last
  leadrelay diff mappings drafts/mappings
  leadrelay diff c109a77dd067 mappings           against a set that the ledger has kept
"""


@click.command(epilog=EPILOG)
@click.argument("sets", nargs=-1, required=True, metavar="[OLD] NEW")
@click.option("--limit", default=25, show_default=True, help="Leads to list; 0 lists all.")
@common
def diff(sets: tuple[str, ...], limit: int, config_file: str | None, as_json: bool) -> int:
    """Show what a change of the files changes on the leads in the ledger; nothing is written.

    OLD and NEW are folders, or hashes of sets that were in use before. Each lead is decided by
    both on what was last read of it, at one and the same moment.
    """
    from connector.cli import rulesets
    from connector.config import find_config, read_config
    from connector.core.rule_diff import Judge, differences
    from connector.flows.lives import kept_inputs
    from connector.wiring import Workbench

    if len(sets) > 2:
        raise click.UsageError("Name one set of files, or two.")
    bench = Workbench(read_config(find_config(config_file)))
    new = rulesets.find(sets[-1], bench.ledger)
    old = (
        rulesets.find(sets[0], bench.ledger) if len(sets) == 2 else rulesets.last_used(bench.ledger)
    )
    now = bench.clock.now()
    judges = Judge(old), Judge(new)
    looked_at = 0
    found: list[Difference] = []
    for page in kept_inputs(bench.ledger):
        decided = [(kept[-1], row.state) for row, kept in page if kept]
        looked_at += len(decided)
        found += differences(*judges, decided, now)
    if as_json:
        print_json(_tree(old.version, new.version, looked_at, found))
    else:
        _print(old.version, new.version, looked_at, found, limit)
    return int(ExitCode.DONE)


def _moves(found: "Sequence[Difference]") -> Counter[tuple[str, str, str]]:
    """(what, before, after) -> leads, scores by the direction only."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        for what, before, after in one.changed():
            if what == "score":
                higher = int(after) > int(before)
                counts["score", "", "higher" if higher else "lower"] += 1
            else:
                counts[what, before or "none", after or "none"] += 1
    return counts


def _print(old: str, new: str, looked_at: int, found: "Sequence[Difference]", limit: int) -> None:
    if old == new:
        say("Both are the same set of files.")
    click.echo(
        f"{len(found):,} of {looked_at:,} leads come out otherwise (version {old} -> {new})."
    )
    if not found:
        return
    click.echo()
    moves = sorted(_moves(found).items(), key=lambda item: (item[0][0], -item[1]))
    print_table(
        ("what", "before", "after", "leads"),
        [(what, before, after, count) for (what, before, after), count in moves],
    )
    click.echo()
    shown = found[: limit or None]
    for one in shown:
        changed = ", ".join(f"{w} {b or 'none'} -> {a or 'none'}" for w, b, a in one.changed())
        place = f"  ({one.place})" if one.place.line else ""
        click.echo(f"{one.lead_id}: {changed}{place}")
    if len(found) > len(shown):
        click.echo(f"… and {len(found) - len(shown):,} more (--limit 0 lists all)")


def _tree(old: str, new: str, looked_at: int, found: "Sequence[Difference]") -> dict[str, Any]:
    return {
        "old": old,
        "new": new,
        "looked_at": looked_at,
        "changed": len(found),
        "summary": [
            {"what": what, "before": before, "after": after, "leads": count}
            for (what, before, after), count in sorted(_moves(found).items())
        ],
        "leads": [
            {
                "lead": one.lead_id,
                "place": str(one.place),
                "changes": {what: [before, after] for what, before, after in one.changed()},
            }
            for one in found
        ],
    }
