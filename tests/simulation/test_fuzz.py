"""Whatever comes from outside, in answers or in files: a problem or a wait, never a traceback."""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapfiles import load
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
        fields.write_text(f"{text[:start]}      file: sources.csv\n{text[end:]}", "utf-8")
        loaded = load(folder)
        assert loaded.ruleset is not None or loaded.problems
