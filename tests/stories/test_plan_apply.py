"""A plan shows what a run would write, writes nothing, and is carried out exactly or refused."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.apply import apply, carry_out, what_moved
from connector.cli.plan import JOBS, foresee
from connector.core.errors import StopTheRun
from connector.core.plan import Destination
from connector.store import planfile
from tests.stories.conftest import Story

PEOPLE = (
    {
        "email": "eva.hofer@alpenblick.example",
        "firstname": "Eva",
        "lastname": "Hofer",
        "company": "Alpenblick AG",
        "phone": "+43 1 5056780",
        "country": "Austria",
        "jobtitle": "Chief Technology Officer",
        "industry": "COMPUTER_SOFTWARE",
        "numberofemployees": "900",
        "annualrevenue": "140000000",
        "lr_lead_interest": "Demo",
        "lr_timeframe": "This quarter",
        "lr_product": "Northlight Flow",
    },
    {"email": "tom@tiny.example", "firstname": "Tom", "lastname": "Small", "company": "Tiny"},
)


@pytest.fixture
def filled(story: Story) -> Story:
    with story.world.lock:
        for person in PEOPLE:
            story.world.hubspot.create("contacts", dict(person))
    story.world.clock.advance(timedelta(minutes=5))
    story.bench.marketing.now()  # what HubSpot works out by itself is settled
    return story


def quiet(_what: str, _count: int) -> None:
    return None


def contents(story: Story) -> object:
    """Every contact and every Lead, as they stand."""
    world = story.world
    contacts = {row["id"]: dict(row["properties"]) for row in world.hubspot.records("contacts")}
    return contacts, list(world.salesforce.rows("Lead"))


def test_a_plan_writes_nothing_anywhere(filled: Story) -> None:
    before = contents(filled)
    counts = filled.bench.ledger.counts()
    made, runs = foresee(filled.bench, JOBS, quiet)
    assert {run.outcome for run in runs} <= {"done", "attention"}
    assert any(line.writes for line in made.lines)
    assert contents(filled) == before
    assert filled.bench.ledger.counts() == counts
    stage = next(line for line in made.lines if line.field == "lifecyclestage")
    assert stage.before in (None, "lead")
    assert stage.after
    assert stage.because
    assert stage.place.line


def test_a_plan_is_carried_out_exactly_and_once(filled: Story, tmp_path: Path) -> None:
    made, _ = foresee(filled.bench, JOBS, quiet)
    file = tmp_path / "plan.json"
    planfile.write(made, file)
    assert file.stat().st_mode & 0o777 == 0o600
    again, _ = planfile.read(file)
    assert again == made
    assert what_moved(filled.bench, again) == {}
    done = carry_out(filled.bench, again, leave=set(), tell=quiet)
    assert done.outcome == "done", done.message
    assert done.totals.delivered == len(again.keys)
    for line in again.lines:
        if line.writes and line.system is Destination.HUBSPOT:
            there = filled.bench.marketing.read([line.record.split()[1]], [line.field])
            shown = next(iter(there.values())).values[line.field]
            assert str(line.after) == shown
    leads = [line for line in again.lines if line.record == "new Lead" and line.field == "Email"]
    made_leads = {row["Email"] for row in filled.world.salesforce.rows("Lead")}
    assert {line.after for line in leads} == made_leads
    # The decisions are in the ledger now: the jobs find nothing more to do.
    filled.world.clear_calls()
    runs = filled.run(*JOBS)
    assert {run.outcome for run in runs.values()} == {"done"}  # type: ignore[attr-defined]
    assert not [c for c in filled.world.calls() if c["method"] in ("PATCH", "PUT", "DELETE")]
    # And a second time the plan is refused: all of it has happened.
    assert what_moved(filled.bench, again)


def test_it_refuses_where_a_field_has_changed(filled: Story, tmp_path: Path) -> None:
    made, _ = foresee(filled.bench, JOBS, quiet)
    line = next(one for one in made.lines if one.writes and one.system is Destination.HUBSPOT)
    contact = line.record.split()[1]
    with filled.world.lock:
        filled.world.hubspot.update("contacts", contact, {line.field: "customer"})
    moved = what_moved(filled.bench, made)
    assert list(moved) == [line.lead_id]
    assert moved[line.lead_id] == [f"contact {contact} in hubspot: {line.field} has changed"]


def test_it_refuses_where_a_run_decided_meanwhile(filled: Story) -> None:
    made, _ = foresee(filled.bench, JOBS, quiet)
    filled.run("pull-leads")
    moved = what_moved(filled.bench, made)
    assert {change.lead_id for change in made.changes} >= set(moved) != set()


def test_an_edited_plan_is_refused(filled: Story, tmp_path: Path) -> None:
    made, _ = foresee(filled.bench, JOBS, quiet)
    file = tmp_path / "plan.json"
    planfile.write(made, file)
    content = json.loads(file.read_text("utf-8"))
    content["lines"][0]["after"] = "customer"
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(StopTheRun, match="changed after it was made"):
        planfile.read(file)


def test_a_rehearsing_configuration_applies_nothing(filled: Story, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'mode = "rehearse"\nmappings = "{filled.mappings}"\n[ledger]\nurl = "{filled.ledger}"\n',
        "utf-8",
    )
    made, _ = foresee(filled.bench, JOBS, quiet)
    planfile.write(made, tmp_path / "plan.json")
    done = CliRunner().invoke(apply, [str(tmp_path / "plan.json"), "-c", str(config)])
    assert isinstance(done.exception, StopTheRun)
    assert 'mode = "live"' in str(done.exception)


def test_caps_stop_an_unattended_run_before_its_first_call(filled: Story) -> None:
    caps = {"creates": 0, "updates": 0, "owner_changes": 0}
    filled.bench = filled.new_bench(caps=caps)
    done = filled.run("pull-leads")["pull-leads"]
    assert done.exit_code == 1  # type: ignore[attr-defined]
    assert "over-the-cap" in done.message  # type: ignore[attr-defined]
    assert "leadrelay plan --out plan.json" in done.message  # type: ignore[attr-defined]
    writes = [c for c in filled.world.calls() if "batch/update" in str(c["path"])]
    assert not writes
    # Nothing is lost: with room enough it goes out.
    filled.bench = filled.new_bench()
    done = filled.run("pull-leads")["pull-leads"]
    assert done.totals.delivered > 0  # type: ignore[attr-defined]
