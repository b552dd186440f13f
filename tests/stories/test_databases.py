"""One whole loop on each database: what is in both systems afterwards is the same."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from connector.sandbox.load import load_rows
from tests.conftest import Databases
from tests.stories.conftest import Story, story_on

MAPPINGS = Path(__file__).parent / "xeducation" / "mappings"
LEADS = 230  #: more than one page, and more than one batch


def contact(number: int) -> dict[str, str]:
    return {
        "email": f"person{number}@example.com",
        "lastname": f"Prospect {number}",
        "company": f"Company {number // 3}",
        "phone": f"+91 98{number:08d}",
        "lead_origin": "API" if number % 10 == 0 else "Lead Add Form",
        "lead_source": "Google",
    }


def work(story: Story) -> None:
    """Sales converts one in three, and gives the others back."""
    crm = story.world.salesforce
    with story.world.lock:
        for number, lead in enumerate(sorted(crm.rows("Lead"), key=lambda row: row["Email"])):
            by = lead["OwnerId"]
            crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=by)
            if number % 3 == 0:
                crm.convert(lead["Id"], opportunity_name=f"Deal {number}")
            else:
                no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
                crm.update("Lead", lead["Id"], no, by=by)


def loop(story: Story) -> tuple[Mapping[str, int], list[tuple[str, ...]]]:
    """The ledger's counts and both systems' contents after a whole loop."""
    load_rows(story.world, map(contact, range(LEADS)))
    story.world.clock.advance(timedelta(minutes=5))
    for jobs in (("pull-leads", "push-sqls"), ("pull-leads", "push-sqls")):
        done = story.run(*jobs)
        assert {run.outcome for run in done.values()} == {"done"}, done  # type: ignore[attr-defined]
        story.world.clock.advance(timedelta(hours=1))
    work(story)
    story.world.clock.advance(timedelta(hours=1))
    done = story.run("pull-status", "recycle-leads", "closed-loop")
    assert {run.outcome for run in done.values()} == {"done"}, done  # type: ignore[attr-defined]
    leads = [
        (str(row["Email"]), str(row["OwnerId"]), str(row["Status"]))
        for row in story.world.salesforce.rows("Lead")
    ]
    contacts = [
        (str(row["properties"]["email"]), str(row["properties"].get("lifecyclestage")))
        for row in story.world.hubspot.records("contacts")
    ]
    return story.bench.ledger.counts(), sorted([*leads, *contacts])


@pytest.mark.postgres
@pytest.mark.slow
def test_the_loop_comes_to_the_same_on_both_databases(databases: Databases, tmp_path: Path) -> None:
    found = []
    file = f"sqlite:///{tmp_path / 'ledger.db'}"
    for name, url in (("sqlite", file), ("postgres", databases.ledger())):
        (tmp_path / name).mkdir()
        with story_on(tmp_path / name, MAPPINGS, url) as story:
            found.append(loop(story))
    assert found[0][0]["lead"] == LEADS
    passed = LEADS - LEADS // 10
    assert found[0][0]["link"] == passed + passed // 3  # a conversion closes a pair for another
    assert found[0] == found[1]
