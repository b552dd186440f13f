"""Real processes, killed with SIGKILL at every boundary of their writes and at random moments."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.simulation.invariants import faults_of
from tests.simulation.play import rest
from tests.simulation.processes import DAYS, shop, survive, survive_everywhere, usual_life
from tests.simulation.steps import Step, do

CODE = Path(__file__).parents[2] / "connector"
WRITERS = frozenset(
    {
        *("save_leads", "save_snapshots", "save_turns", "plan", "record", "agree", "link", "watch"),
        *("take", "finish", "keep_images", "settle_parks", "give_up", "know_opportunities"),
        *("move_cursor", "faults_to_tell"),
    }
)
#: What the company of this test has no need of, and where it is killed instead, or why it is not.
ELSEWHERE = {
    "flows/parts.py": "a first load among workers: tests/engine/test_killed.py",
    "flows/pull_status.py _Reading._late": "a link that was learnt late: the seeds play it",
    "flows/pull_status.py _Reading.held": "only a cursor moves",
    "flows/rollback.py": "a command: what it has put back it leaves as it is when it is run again",
}


def writing_places() -> Iterator[str]:
    """`file function` of each block of a flow that writes in a transaction of its own."""
    for file in (*CODE.glob("flows/*.py"), *CODE.glob("*.py")):
        name = file.relative_to(CODE).as_posix()
        for where, block in blocks(ast.parse(file.read_text("utf-8")), ""):
            opened = {ast.unparse(item.optional_vars) for item in block.items if item.optional_vars}
            calls = [node for node in ast.walk(block) if isinstance(node, ast.Call)]
            own = [c.func for c in calls if isinstance(c.func, ast.Attribute)]
            writes = any(f.attr in WRITERS and ast.unparse(f.value) in opened for f in own)
            handed = {ast.unparse(given) for call in calls for given in call.args}
            if writes or opened & handed:
                yield f"{name} {where}"


def blocks(node: ast.AST, where: str) -> Iterator[tuple[str, ast.With]]:
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.ClassDef)
        below = f"{where}.{child.name}".lstrip(".") if named else where  # type: ignore[attr-defined]
        if isinstance(child, ast.With):
            text = ast.unparse(child.items[0].context_expr)
            if text.endswith((".transaction()", ".writing()")):
                yield where, child
        yield from blocks(child, below)


@pytest.mark.timeout(300)
def test_a_company_outlives_a_process_killed_at_every_boundary() -> None:
    ending = survive_everywhere()
    assert not ending.faults
    assert ending.deaths == len(ending.places)
    for when in ("before", "after"):
        died = {
            f"{place.split(':')[0]} {place.split()[-1]}"
            for name in ending.places
            if (place := name.removeprefix(f"{when} commit ")) != name
        }
        assert "runner.py run_job" in died
        left = [place for place in set(writing_places()) - died if not elsewhere(place)]
        assert not left, f"nobody was killed {when} the commit of {left}"
        calls = [name for name in ending.places if name.startswith(when) and "commit" not in name]
        assert len(calls) >= 6, calls  # both systems, each address that is written to, and a mail


def elsewhere(place: str) -> bool:
    return place in ELSEWHERE or place.split()[0] in ELSEWHERE


@pytest.mark.timeout(300)
@pytest.mark.postgres
def test_so_it_does_on_postgresql(databases: Databases) -> None:
    ending = survive_everywhere(databases.ledger(), days=DAYS[:2], most=12)
    assert not ending.faults
    assert ending.deaths == 12


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [0, 1])
def test_a_company_outlives_processes_killed_at_any_moment(
    number: int, company_ledger: str
) -> None:
    """In one thread, and in as many as the product has; `make soak` kills 500."""
    ending = survive(number, usual_life(), company_ledger)
    assert not ending.faults
    assert ending.deaths >= 1


@pytest.mark.timeout(300)
def test_a_process_that_may_write_nothing_more_stops_and_the_next_one_goes_on() -> None:
    """The kernel refuses to let any file grow: the ledger, its journal, reports."""
    with shop() as made:
        for day, most in enumerate((4_096, 20_000, 60_000, 120_000), 1):
            for deed, who in DAYS[day] if day > 1 else (*DAYS[0], *DAYS[1]):
                do(made.sim, Step(deed=deed, who=who, dice=day))
            made.sim.sleep(120)
            assert not made.live(most_bytes=most)
        stopped = (made.sim.folder / "stopped").read_text("utf-8").split()
        assert len(stopped) == 4
        assert sum(map(int, stopped)) >= 4, stopped
        faults = rest(made.sim) or faults_of(made.sim)
    assert not faults
