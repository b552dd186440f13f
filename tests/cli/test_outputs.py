"""What the commands print on a small story, whole, on stdout; and that nothing else is there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connector.cli.main import COMMANDS, main
from connector.sandbox.faults import Fault
from tests.cli.expected import same_as_kept
from tests.conftest import NewLedger
from tests.stories.company import BEN, EVA, ISA, KIM, LUC, come
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.terminal import Said, write_config

Run = Callable[..., Said]
LATER = timedelta(hours=2)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger) -> Iterator[Story]:
    """Five people: one won, one given back, one waiting, one unmappable, one captured."""
    folder = tmp_path_factory.mktemp("story")
    with story_on(folder, ROOT / "mappings", new_ledger(folder)) as told:
        come(told, EVA, LUC, ISA, BEN, KIM)
        told.run("pull-leads", "push-sqls")
        told.world.clock.advance(LATER)
        with told.world.lock:
            crm = told.world.salesforce
            leads = {row["Email"]: row for row in crm.rows("Lead")}
            luc, isa = leads[LUC["email"]], leads[ISA["email"]]
            no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
            crm.update("Lead", luc["Id"], no, by=luc["OwnerId"])
            made = crm.convert(isa["Id"], opportunity_name="Oakfield")
            won = {"StageName": "Closed Won", "Amount": 12_000}
            crm.update("Opportunity", made["opportunityId"], won, by=isa["OwnerId"])
        told.world.clock.advance(LATER)
        told.run("pull-status", "recycle-leads", "closed-loop")
        told.world.clock.advance(LATER)
        write_config(told)
        yield told


@pytest.fixture
def run(story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, on the story's clock, from the story's folder."""
    monkeypatch.chdir(story.folder)
    monkeypatch.setattr("connector.wiring.SystemClock", lambda: story.world.clock)
    monkeypatch.setattr("connector.wiring.Workbench.real_time", False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("time.sleep", story.world.clock.sleep)

    def said(*words: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(words))
        printed = capsys.readouterr()
        return Said(int(end.value.code or 0), printed.out, printed.err)

    return said


def test_help(run: Run) -> None:
    done = run("--help")
    assert (done.code, done.err) == (0, "")
    assert max(len(line) for line in done.out.splitlines()) <= 100
    for name in COMMANDS:
        assert f"  {name} " in done.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_each_command_fits_and_shows_an_example(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert (done.code, done.err) == (0, ""), done
    assert "Example" in done.out
    assert f"leadrelay {name}" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 100
    summary = done.out.split("\n\n")[1].strip()
    assert summary.split("\n")[0].rstrip().endswith((".", ",", ":")) or len(summary) > 60


def test_status(run: Run) -> None:
    done = run("status")
    assert (done.code, done.err) == (1, "")
    same_as_kept(done.out, "status.txt")


def test_status_as_json(run: Run) -> None:
    told = json.loads(run("status", "--json").out)
    assert told["leads"] == 5
    assert told["parked"] == {"nowhere:invalid-phone": 1}


def test_parked(run: Run) -> None:
    done = run("parked")
    assert (done.code, done.err) == (1, "")
    same_as_kept(done.out, "parked.txt")


def test_lead(run: Run) -> None:
    done = run("lead", LUC["email"])
    assert (done.code, done.err) == (0, "")
    same_as_kept(done.out, "lead.txt")


def test_lead_in_french(run: Run) -> None:
    done = run("lead", LUC["email"], "--language", "fr")
    assert "Rendu : " in done.out
    assert "L'histoire" in done.out


def test_nobody_by_that_name(run: Run) -> None:
    done = run("lead", "nobody@example.com")
    assert (done.code, done.out) == (1, "")
    assert "knows nobody by that name" in done.err


@pytest.mark.parametrize("name", ["recycle", "funnel"])
@pytest.mark.parametrize("form", ["text", "csv", "json", "markdown"])
def test_reports(run: Run, name: str, form: str) -> None:
    done = run("report", name, "--format", form)
    assert (done.code, done.err) == (0, "")
    ending = {"text": "txt", "markdown": "md"}.get(form, form)
    same_as_kept(done.out, f"{name}.{ending}")


def test_run_as_json_is_one_document_on_stdout(run: Run) -> None:
    done = run("run", "recycle-leads", "--json")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    same_as_kept(done.out, "run.json")
    parts = ("delivered", "skipped", "waiting", "parked")
    assert told["picked_up"] == sum(told[part] for part in parts)


def test_run_without_a_name_lists_the_jobs(run: Run) -> None:
    done = run("run")
    assert (done.code, done.err) == (0, "")
    for job in ("pull-leads", "push-sqls", "pull-status", "recycle-leads", "closed-loop"):
        assert job in done.out


def test_a_misspelt_word_is_met_with_the_right_one(run: Run) -> None:
    done = run("statsu")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'status'?" in done.err
    done = run("run", "pull-lead")
    assert (done.code, done.out) == (2, "")
    assert "pull-leads" in done.err


def test_a_configuration_that_is_not_there(run: Run, tmp_path: Path) -> None:
    done = run("status", "-c", str(tmp_path / "nowhere.toml"))
    assert (done.code, done.out) == (2, "")
    assert "no such file" in done.err
    assert "leadrelay init" in done.err


@contextmanager
def away(story: Story) -> Iterator[None]:
    story.world.faults.add(Fault(kind="maintenance", system="hubspot"))
    try:
        yield
    finally:
        story.world.faults.clear()


def test_a_system_that_is_away_is_told_in_one_line_each(run: Run, story: Story) -> None:
    with away(story):
        done = run("run", "pull-leads")
    assert done.code == 3
    assert done.out.count("\n") == done.err.count("\n") == 1
    assert done.out.startswith("pull-leads: away")
