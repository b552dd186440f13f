"""`leadrelay diff`: what a change of the files changes, lead by lead, before it is used."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import common, print_json, print_table, progress_bar, say
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
    tally = _Tally(most=0 if as_json else limit)
    with progress_bar(quiet=as_json) as tell:
        for page in kept_inputs(bench.ledger):
            decided = [(kept[-1], row.state) for row, kept in page if kept]
            tally.looked_at += len(decided)
            for one in differences(*judges, decided, now):
                tally.add(one)
            tell("leads decided by both", len(decided))
    if as_json:
        print_json(_tree(old.version, new.version, tally))
    else:
        _print(old.version, new.version, tally)
    return int(ExitCode.DONE)


class _Tally:
    """What differs: all of it counted, and as many leads kept as will be listed (0: all)."""

    def __init__(self, most: int) -> None:
        self.most, self.looked_at, self.changed = most, 0, 0
        self.kept: list[Difference] = []
        #: (what, before, after) -> leads, scores by the direction only
        self.moves: Counter[tuple[str, str, str]] = Counter()

    def add(self, one: "Difference") -> None:
        self.changed += 1
        if not self.most or len(self.kept) < self.most:
            self.kept.append(one)
        for what, before, after in one.changed():
            if what == "score":
                higher = int(after) > int(before)
                self.moves["score", "", "higher" if higher else "lower"] += 1
            else:
                self.moves[what, before or "none", after or "none"] += 1


def _print(old: str, new: str, tally: _Tally) -> None:
    if old == new:
        say("Both are the same set of files.")
    click.echo(
        f"{tally.changed:,} of {tally.looked_at:,} leads come out otherwise "
        f"(version {old} -> {new})."
    )
    if not tally.changed:
        return
    click.echo()
    moves = sorted(tally.moves.items(), key=lambda item: (item[0][0], -item[1]))
    print_table(
        ("what", "before", "after", "leads"),
        [(what, before, after, count) for (what, before, after), count in moves],
    )
    click.echo()
    for one in tally.kept:
        changed = ", ".join(f"{w} {b or 'none'} -> {a or 'none'}" for w, b, a in one.changed())
        place = f"  ({one.place})" if one.place.line else ""
        click.echo(f"{one.lead_id}: {changed}{place}")
    if tally.changed > len(tally.kept):
        more = tally.changed - len(tally.kept)
        click.echo(f"… and {more:,} more (--limit 0 lists all)")


def _tree(old: str, new: str, tally: _Tally) -> dict[str, Any]:
    return {
        "old": old,
        "new": new,
        "looked_at": tally.looked_at,
        "changed": tally.changed,
        "summary": [
            {"what": what, "before": before, "after": after, "leads": count}
            for (what, before, after), count in sorted(tally.moves.items())
        ],
        "leads": [
            {
                "lead": one.lead_id,
                "place": str(one.place),
                "changes": {what: [before, after] for what, before, after in one.changed()},
            }
            for one in tally.kept
        ],
    }
