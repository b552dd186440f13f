"""`check --live` names every difference between the files and both accounts, and whom it hits."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from connector.cli.check import check
from connector.sandbox.http import Call
from connector.sandbox.world import World
from tests.conftest import NewLedger
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.test_first_day import config_for
from tests.stories.test_plan_apply import PEOPLE

EXPECTED = Path(__file__).parent / "check_live.txt"  #: severity code: what (leads)
TOKEN = "pat-na1-sandbox"
IN_FILES = (  # file, as it is, as it is broken
    ("fields.yaml", "salesforce: Title\n", "salesforce: Titel__c\n"),
    ("fields.yaml", "hubspot: jobtitle", "hubspot: berufsbezeichnung"),
    ("fields.yaml", "max_length: 80", "max_length: 400"),
    ("recycling.yaml", 'hubspot_list: "Nurture: wake up"', 'hubspot_list: "Nurture: wake"'),
    ("recycling.yaml", "  Working - Contacted:", "  Being worked:"),
    ("vocabulary.yaml", "hubspot_lifecycle: opportunity", "hubspot_lifecycle: deal"),
    ("vocabulary.yaml", "crm_value: No need", "crm_value: No wish"),
    ("picklists/reason.csv", "No need,no_need,No need", "No need,no_need,No wish"),
    ("people.yaml", "hubspot_owner: jonas.brandt@", "hubspot_owner: jonas.brand@"),
    ("people.yaml", "salesforce_user: nadia.benali@", "salesforce_user: nadia.benalli@"),
    ("people.yaml", "salesforce_queue: Partner_Desk", "salesforce_queue: Partners"),
    ("picklists/industry.csv", "INTERNET,technology,Technology", "INTERNETS,technology,Tech"),
)
THIRD = {**PEOPLE[1], "email": "ida@tiny.example", "lr_lead_interest": "Fair"}


def found(done: Result) -> list[tuple[str, str, int | None]]:
    """(severity and code, what, leads) of every finding, in the order told."""
    return [
        (f"{one['severity']} {one['code']}", one["what"], one["leads"])
        for one in json.loads(done.stdout)
    ]


def break_systems(world: World) -> None:
    """What administrators do to two accounts while nobody looks."""
    crm, call = world.salesforce, world.hubspot.handle
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    path = "/crm/v3/properties/contacts/lr_lead_interest"
    there = orjson.loads(call(Call(method="GET", path=path, headers=headers)).body)
    options = [{**one, "hidden": one["value"] == "Trial"} for one in there["options"]]
    options.append({"label": "Fair", "value": "Fair", "displayOrder": 9, "hidden": False})
    body = orjson.dumps({"options": options})
    assert call(Call(method="PATCH", path=path, headers=headers, body=body)).status == 200
    industries = [v.value for v in crm.org.objects["Lead"].fields["Industry"].values]
    kept = [value for value in industries if value != "Insurance"]
    crm.add_record_type("Lead", "Inbound", default=True, picklists={"Industry": kept})
    crm.withhold("Lead", "u", "Phone")
    crm.withhold("Lead", "cu", "City")
    crm.withhold("Lead", "r", "Lead_Rank__c")
    crm.withhold("Task", "c")
    crm.withhold("Opportunity", "r")
    crm.add_custom_field("Lead", {"name": "Region_Code__c", "label": "Region", "required": True})
    marco = next(u for u in crm.rows("User") if str(u["Email"]).startswith("marco.steiner"))
    crm.update("User", marco["Id"], {"IsActive": False})
    crm.set_assignment_rule([("Country != null", crm.user_id)], name="Round robin")
    fields = crm.org.objects["Lead"].fields
    fields["Leadrelay_Id__c"].unique = False
    fields["LeadSource"].values = tuple(
        replace(one, active=one.value != "Web") for one in fields["LeadSource"].values
    )
    task = crm.org.objects["Task"].fields["Status"]
    task.values = tuple(one for one in task.values if one.value != "Not Started")


@pytest.fixture(scope="module")
def broken(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger
) -> Iterator[tuple[Story, Path]]:
    folder = tmp_path_factory.mktemp("live")
    with story_on(folder, ROOT / "mappings", new_ledger(folder)) as story:
        draft = folder / "draft"
        shutil.copytree(ROOT / "mappings", draft)
        for name, was, now in IN_FILES:
            text = (draft / name).read_text("utf-8")
            assert was in text, (name, was)
            (draft / name).write_text(text.replace(was, now), "utf-8")
        with story.world.lock:
            break_systems(story.world)
            for person in (*PEOPLE, THIRD):
                story.world.hubspot.create("contacts", dict(person))
        story.run("pull-leads")
        yield story, draft


def live(story: Story, mappings: Path, *words: str) -> Result:
    config = config_for(story.running, story.folder, mappings, story.ledger)
    done = CliRunner().invoke(check, ["--live", "-c", str(config), *words], standalone_mode=False)
    assert done.exception is None, done.exception
    return done


def test_every_difference_is_named_with_the_leads_that_it_hits(broken: tuple[Story, Path]) -> None:
    told = live(*broken, "--json")
    assert told.return_value == 2
    lines = [f"{code}: {what} ({leads})\n" for code, what, leads in found(told)]
    assert "".join(lines) == EXPECTED.read_text("utf-8")


def test_the_text_shows_the_mapping_line_and_the_count(broken: tuple[Story, Path]) -> None:
    story, draft = broken
    lines = (draft / "fields.yaml").read_text("utf-8").splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if text == "  job_title:")
    told = live(story, draft).stdout
    where = (
        f"draft/fields.yaml:{line}:3: missing-field: Salesforce shows no field 'Titel__c' on Lead"
    )
    assert f"{where} (1 lead in the ledger)\n    Deploy `leadrelay setup" in told
    assert "'Nurture: wake' (no leads in the ledger)" in told
    assert "0 leads" not in told


def test_a_right_that_is_missing_hides_no_other_fault(tmp_path: Path, story_ledger: str) -> None:
    with story_on(tmp_path, ROOT / "mappings", story_ledger) as story:
        scopes = ("crm.lists.read", "crm.objects.owners.read")
        story.world.hubspot.withdraw_scopes(TOKEN, *scopes)
        story.world.salesforce.withhold("Lead", "r", "Lead_Rank__c")
        told = found(live(story, ROOT / "mappings", "--json"))
        errors = [
            what.split(", correlation")[0] for code, what, _ in told if code.startswith("error")
        ]
        refused = "HubSpot does not permit it: hubspot:{}: MISSING_SCOPES, status 403".format
        assert errors == [
            refused("list-search"),
            refused("owners"),
            "Salesforce shows no field 'Lead_Rank__c' on Lead",
        ]
