"""Whatever comes from outside, in answers or in files: a problem or a wait, never a traceback."""

import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from connector.mapfiles import check, load
from tests.adapters.test_odd_answers import garble
from tests.simulation.company import MAPPINGS, Trouble, company
from tests.simulation.invariants import no_bug, no_personal_data
from tests.simulation.steps import Step, do

JOBS = ("pull-leads", "push-sqls", "pull-status", "recycle-leads", "closed-loop")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(12))
def test_no_answer_makes_a_job_fail_with_a_traceback(seed: int, company_ledger: str) -> None:
    """Parts of JSON bodies are replaced, doubled or missing; the jobs wait, park or go on."""
    with company(company_ledger) as sim:
        for number in range(3):
            do(sim, Step(deed="arrive", who=f"p{number}", dice=seed + number + 1))
            do(sim, Step(deed="engage", who=f"p{number}", dice=seed + number + 1))
        sim.sleep(120)
        garble(sim.world, random.Random(seed))
        for round_ in range(3):
            for name in JOBS:
                sim.run(name, Trouble(dice=seed))
            do(sim, Step(deed="work", who="p0", dice=round_ + 1))
            sim.sleep(3_600)
        assert any(run.outcome != "done" for run in sim.runs)
        assert not [*no_bug(sim), *no_personal_data(sim)]


CELLS = st.text(alphabet=st.sampled_from("ab,;\"'\n\r\t=+-@é\x00\ufeff|"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=6), head=st.booleans())
def test_no_csv_makes_a_traceback(rows: list[str], head: bool) -> None:
    """A value map as an admin may have mangled it in a spreadsheet."""
    lines = (["hubspot,word,salesforce"] if head else []) + rows
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "mappings"
        shutil.copytree(MAPPINGS, folder)
        (folder / "picklists").mkdir()
        (folder / "picklists" / "sources.csv").write_bytes("\n".join(lines).encode())
        fields = folder / "fields.yaml"
        text = fields.read_text("utf-8")
        start = text.index("      unknown: keep\n")
        end = text.index("  occupation:")
        fields.write_text(f"{text[:start]}      file: picklists/sources.csv\n{text[end:]}", "utf-8")
        loaded = load(folder)
        assert loaded.ruleset is not None or loaded.problems
        assert "unknown-picklist" not in {problem.code for problem in loaded.problems}


#: For numbers and for durations in files: too large, too small, and none.
NUMBERS = (0, -1, 10**30, 10**9, 1e308, float("nan"), float("inf"), 1e-9, True)
DURATIONS = ("0d", "1s", "999999999d", "99999999999999d", "52000w", "0h", "-1d")
Leaf = tuple[Any, Any, tuple[Any, ...]]


def leaves(tree: Any) -> Iterator[Leaf]:
    """Each number and duration of a file: what holds it, where, and what may stand there."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, dict | list):
            yield from leaves(value)
        elif isinstance(value, str) and re.fullmatch(r"\d+[mhdw]", value):
            yield tree, key, DURATIONS
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield tree, key, NUMBERS


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(sorted(f.name for f in MAPPINGS.glob("*.yaml"))), dice=st.randoms())
def test_no_number_in_a_file_makes_a_traceback(name: str, dice: random.Random) -> None:
    yaml = YAML(typ="safe", pure=True)
    tree = yaml.load((MAPPINGS / name).read_text("utf-8"))
    found = list(leaves(tree))
    for holder, key, choices in dice.sample(found, min(2, len(found))):
        holder[key] = dice.choice(choices)
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "mappings"
        shutil.copytree(MAPPINGS, folder)
        with (folder / name).open("w", encoding="utf-8") as file:
            yaml.dump(tree, file)
        checked = check(folder, date(2026, 3, 2))
        assert (checked.ruleset is None) == bool(checked.errors)
