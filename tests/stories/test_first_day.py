"""Empty accounts on the first day: what is missing is named, made, and confirmed."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from connector.cli.check import check
from connector.cli.setup import setup
from connector.flows.check_live import check_live, look_around
from connector.flows.setup_hubspot import make, missing
from connector.runner import run_job
from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.salesforce.settings import SalesforceSettings
from connector.sandbox.serve import Sandbox
from connector.sandbox.world import World
from connector.wiring import Workbench
from jobs.watch_schemas import JOB as WATCH
from tests.conftest import NewLedger
from tests.stories.conftest import ROOT, START, Story
from tests.stories.test_plan_apply import PEOPLE

NS = "{http://soap.sforce.com/2006/04/metadata}"


def config_for(running: Sandbox, folder: Path, mappings: Path, ledger: str) -> Path:
    config = folder / "config.toml"
    config.write_text(
        f'mappings = "{mappings}"\n[ledger]\nurl = "{ledger}"\n'
        f'[hubspot]\ntoken = "pat-na1-sandbox"\nbase_url = "{running.hubspot_url}"\n'
        f'[salesforce]\nbase_url = "{running.salesforce_url}"\ndomain = "acme.my"\n'
        'client_id = "sandbox-client"\nclient_secret = "sandbox-secret"\n',
        "utf-8",
    )
    return config


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger
) -> Iterator[tuple[Path, World]]:
    """Two accounts nobody has prepared, and a project that knows how to reach them."""
    world = World(
        SandboxClock(START),
        seed=7,
        hubspot=HubSpotSettings(enforce_limits=False),
        salesforce=SalesforceSettings(enforce_limits=False),
    )
    with Sandbox(world) as running:
        folder = tmp_path_factory.mktemp("day")
        yield config_for(running, folder, ROOT / "mappings", new_ledger(folder)), world


def ask(command: object, *words: str) -> Result:
    done = CliRunner().invoke(command, list(words), standalone_mode=False)  # type: ignore[arg-type]
    assert done.exception is None, done.exception
    return done


def test_an_empty_account_is_told_what_it_lacks_and_gets_it(empty: tuple[Path, World]) -> None:
    config, world = empty
    live = ask(check, "--live", "-c", str(config))
    assert live.return_value == 2
    assert "missing-property: HubSpot has no contact property 'lr_lead_interest'" in live.stdout
    assert "missing-field: Salesforce shows no field 'Handoff_Rule__c' on Contact" in live.stdout
    assert "missing-list: HubSpot has no static list named 'Nurture: keep warm'" in live.stdout
    assert "unknown-owner: the CRM has no user for" in live.stdout
    shown = ask(setup, "hubspot", "-c", str(config))
    assert "lr_lead_interest" in shown.stdout
    assert "lr_lead_interest" not in world.contact_properties()
    ask(setup, "hubspot", "--apply", "-c", str(config))
    assert "lr_lead_interest" in world.contact_properties()
    again = ask(setup, "hubspot", "-c", str(config))
    assert again.stdout == "HubSpot has everything that the files need.\n"
    live = ask(check, "--live", "-c", str(config))
    assert "missing-property" not in live.stdout
    assert "missing-list" not in live.stdout


def test_made_properties_fit_what_the_files_say(empty: tuple[Path, World]) -> None:
    config, world = empty
    ask(setup, "hubspot", "--apply", "-c", str(config))
    from connector.config import read_config

    bench = Workbench(read_config(config), clock=world.clock)
    fields = bench.marketing.schema().fields
    assert fields["lr_lead_interest"].type == "enumeration"
    assert ("Demo", True) in fields["lr_lead_interest"].options
    assert fields["lr_budget"].type == "number"
    assert missing(bench.ruleset, bench.marketing).nothing
    make(missing(bench.ruleset, bench.marketing), bench.marketing, lambda _: None)


def test_the_metadata_folder_is_well_formed_and_holds_every_field(
    empty: tuple[Path, World], tmp_path: Path
) -> None:
    config, _ = empty
    ask(setup, "salesforce", "--out", str(tmp_path / "crm"), "-c", str(config))
    top = tmp_path / "crm" / "force-app" / "main" / "default"
    documents = sorted(top.rglob("*.xml"))
    assert len(documents) > 20
    for document in documents:
        root = ElementTree.parse(document).getroot()
        assert root.tag.startswith(NS), document
    key = ElementTree.parse(top / "objects/Lead/fields/Leadrelay_Id__c.field-meta.xml").getroot()
    said = {child.tag.removeprefix(NS): child.text for child in key}
    assert said["externalId"] == said["unique"] == "true"
    assert said["type"] == "Text"
    for folder in ("Contact", "Activity"):
        assert (top / f"objects/{folder}/fields/Leadrelay_Id__c.field-meta.xml").is_file()
    rights = ElementTree.parse(top / "permissionsets/Leadrelay.permissionset-meta.xml").getroot()
    allowed = {f"{node.findtext(f'{NS}field')}" for node in rights.iter(f"{NS}fieldPermissions")}
    assert {"Lead.Leadrelay_Id__c", "Task.Leadrelay_Id__c"} <= allowed


def test_what_setup_writes_and_makes_is_what_check_live_asks_for(
    tmp_path: Path, story_ledger: str
) -> None:
    """Both accounts empty; the folder is deployed, the properties are made; no error is left but
    for the people, whom nobody can make by a file."""
    world = World(
        SandboxClock(START),
        seed=7,
        hubspot=HubSpotSettings(enforce_limits=False),
        salesforce=SalesforceSettings(enforce_limits=False),
    )
    for one in world.salesforce.org.objects.values():  # as bought: no custom field at all
        for name in [name for name in one.fields if name.endswith("__c")]:
            del one.fields[name]
        one.prepare()
    with Sandbox(world) as running:
        config = config_for(running, tmp_path, ROOT / "mappings", story_ledger)
        before = ask(check, "--live", "-c", str(config)).stdout
        assert before.count("missing-field") > 15
        ask(setup, "salesforce", "--out", str(tmp_path / "crm"), "-c", str(config))
        top = tmp_path / "crm" / "force-app" / "main" / "default"
        with world.lock:
            assert world.salesforce.deploy(top) > 15
            assert world.salesforce.deploy(top) == 0
        ask(setup, "hubspot", "--apply", "-c", str(config))
        told = json.loads(ask(check, "--live", "--json", "-c", str(config)).stdout)
    left = {one["code"] for one in told if one["severity"] == "error"}
    assert left == {"unknown-owner"}, [one["what"] for one in told if one["severity"] == "error"]


def test_a_prepared_account_has_no_errors_and_faults_are_counted(story: Story) -> None:
    with story.world.lock:
        for person in PEOPLE:
            story.world.hubspot.create("contacts", dict(person))
    story.run("pull-leads")
    bench = story.bench
    around = look_around(bench.marketing, bench.crm)
    found = check_live(bench.ruleset, around, bench.ledger)
    assert not [f.problem for f in found if f.problem.severity == "error"]


def test_a_field_that_went_hits_as_many_leads_as_have_it(story: Story, tmp_path: Path) -> None:
    draft = tmp_path / "mappings"
    shutil.copytree(story.mappings, draft)
    fields = draft / "fields.yaml"
    text = fields.read_text("utf-8").replace("salesforce: Title\n", "salesforce: Titel__c\n")
    fields.write_text(text.replace("max_length: 80", "max_length: 400"), "utf-8")
    with story.world.lock:
        for person in PEOPLE:
            story.world.hubspot.create("contacts", dict(person))
    story.run("pull-leads")
    from connector.mapfiles import load

    ruleset = load(draft).ruleset
    assert ruleset is not None
    around = look_around(story.bench.marketing, story.bench.crm)
    found = check_live(ruleset, around, story.bench.ledger)
    errors = [f for f in found if f.problem.code == "missing-field"]
    assert [f.problem.what for f in errors] == [
        "Salesforce shows no field 'Titel__c' on Lead",
        "Salesforce shows no field 'Titel__c' on Contact",
    ]
    assert [f.leads for f in errors] == [1, 1]
    assert errors[0].problem.where.line == 1 + next(
        number
        for number, line in enumerate(fields.read_text("utf-8").splitlines())
        if line.startswith("  job_title:")
    )
    short = [f.problem.what for f in found if f.problem.code == "too-short-there"]
    assert any("'last_name' allows 400 characters, Lead.LastName takes 80" in one for one in short)


def test_the_night_watch_tells_what_changed_and_only_once(story: Story) -> None:
    first = run_job(WATCH, story.bench)
    assert (first.exit_code, first.totals.parked) == (0, 0), first.message
    story.world.clock.advance(timedelta(days=1))
    with story.world.lock:
        story.world.hubspot.define_property("contacts", {"name": "lr_brand_new"})
        story.world.salesforce.add_custom_field(
            "Lead", {"name": "Brand_New__c", "label": "Brand new", "type": "string", "length": 40}
        )
    second = run_job(WATCH, story.bench)
    assert second.exit_code == 1
    assert sorted(second.totals.notes) == [
        "hubspot:contact/lr_brand_new is new",
        "salesforce:Lead/Brand_New__c is new",
    ]
    assert run_job(WATCH, story.bench).exit_code == 0
