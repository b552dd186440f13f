"""What people ask of promises on the command line, on the ledger of a story."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connector.cli.main import cli
from connector.mapfiles import load
from connector.mapfiles.examples import run_examples
from jobs.pull_leads import JOB as PULL_LEADS
from jobs.pull_status import JOB as PULL_STATUS
from jobs.push_sqls import JOB as PUSH_SQLS
from jobs.recycle_leads import JOB as RECYCLE_LEADS
from jobs.watch_promises import JOB as WATCH
from tests.stories.promises.people import Town, person
from tests.stories.promises.test_ways import changed, pull_and_push

EVA, CLAAS = "hofer@firm-hofer.example", "claas@firm-claas.example"


@pytest.fixture
def town(tmp_path: Path, story_ledger: str) -> Iterator[Town]:
    with changed(tmp_path, story_ledger) as made:
        yield made


def flat(text: str) -> str:
    """What a page says, whatever its width."""
    return " ".join(text.split())


class Desk:
    """The command line on the ledger of a town; its clock is the sandbox's, by time machine."""

    def __init__(self, town: Town) -> None:
        self.town = town
        folder = town.story.folder
        self.config = folder / "config.toml"
        self.config.write_text(
            f'mappings = "{town.story.mappings}"\n[ledger]\nurl = "{town.story.ledger}"\n',
            "utf-8",
        )

    def __call__(self, *args: str, code: int = 0) -> str:
        import time_machine

        with time_machine.travel(self.town.world.clock.now(), tick=False):
            done = CliRunner().invoke(
                cli, [*args, "--config", str(self.config)], standalone_mode=False
            )
        assert done.exception is None, done.output
        assert (done.return_value or 0) == code, done.output
        return done.stdout

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self(*args, "--json", code=code))


def test_why_did_she_get_this_lead_and_was_it_answered_in_time(town: Town) -> None:
    desk = Desk(town)
    pull_and_push(town, person("Hofer"), person("Claas"))
    lead = town.lead("Hofer")
    town.world.clock.advance(timedelta(minutes=30))
    town.crm.update("Lead", lead["Id"], {"Status": "Working - Contacted"}, by=lead["OwnerId"])
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_STATUS, WATCH)
    text = flat(desk("promises", EVA))
    assert "Eva Hofer · Hofer Werke" in text
    assert "Why Lena Vogt" in text
    assert "rule 'Enterprise, DACH': Lena Vogt's turn in enterprise-dach" in text
    hot = "A hot lead is called within one working hour"
    answered = (
        f"Yes. Lena Vogt: {hot}; answered Mon 2026-03-02 09:35 (Europe/Berlin), 30 min of 1 h"
    )
    assert answered in text
    assert answered in flat(desk("lead", EVA))
    town.world.clock.advance(timedelta(hours=2))
    other = flat(desk("promises", CLAAS, "--language", "fr"))
    assert (
        "Non. Marco Steiner : Un lead chaud est appelé en une heure ouvrée ; l'échéance était lun. "
        "2026-03-02 10:05 (Europe/Vienna), et personne n'a encore répondu. Prochain contact prévu, "
        "numéro 1 : appel avant mar. 2026-03-03"
    ) in other
    town.world.clock.advance(timedelta(hours=2))
    town.run(WATCH)
    town.world.clock.advance(timedelta(minutes=90))
    claas = town.lead("Claas")
    town.crm.update("Lead", claas["Id"], {"Status": "Working - Contacted"}, by=claas["OwnerId"])
    town.run(PULL_STATUS)
    handed_on = flat(desk("lead", CLAAS))
    assert (
        f"No. Marco Steiner: {hot}; it was due Mon 2026-03-02 10:05 (Europe/Berlin). Nobody had "
        "answered when the lead went on, Mon 2026-03-02 13:40 (Europe/Berlin)."
    ) in handed_on
    assert (
        f"No. Lena Vogt: {hot}; it was due Mon 2026-03-02 14:40 (Europe/Berlin), and answered "
        "Mon 2026-03-02 15:10 (Europe/Berlin), after 1 h 30 of 1 h."
    ) in handed_on
    assert "→ Lena Vogt: instead of Marco Steiner, who had not kept: A hot lead is" in handed_on
    assert handed_on.count("→ Lena Vogt: ") == 1
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
    town.crm.update("Lead", claas["Id"], no, by=town.user("lena"))
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_STATUS, RECYCLE_LEADS)
    given_back = flat(desk("promises", CLAAS))
    assert "Lena Vogt had this lead in cycle 1; nobody in sales has it now." in given_back
    assert f"No. Lena Vogt: {hot}; it was due" in given_back
    assert "Kept by sales" in desk("promises")
    assert "hot lead" in json.dumps(desk.json("promises"))
    assert desk("promises", "nobody@example.com", code=1) == ""


def test_what_comes_next_what_was_left_undone_and_when_somebody_called_last(town: Town) -> None:
    desk = Desk(town)
    pull_and_push(town, person("Hofer"), person("Claas"))
    hofer, claas = town.lead("Hofer"), town.lead("Claas")
    call = {"Status": "Completed", "TaskSubtype": "Call", "WhoId": hofer["Id"], "Subject": "Call"}
    town.world.clock.advance(timedelta(minutes=30))
    town.crm.create("Task", call, by=hofer["OwnerId"])
    begun = {"Status": "Working - Contacted"}
    town.crm.update("Lead", hofer["Id"], begun, by=hofer["OwnerId"])
    town.world.clock.advance(timedelta(minutes=5))
    town.run(PULL_STATUS)
    text = flat(desk("report", "follow-up"))
    assert "Stale 0" in text
    assert "Hofer Werke Lena Vogt e-mail 2" in text
    assert "Claas Werke Marco Steiner call 1" in text
    table = desk("report", "follow-up", "--format", "csv")
    assert "Hofer Werke,Lena Vogt,1,,2026-03-0" in table  # one call, and no note since
    town.world.clock.advance(timedelta(days=9))
    late = flat(desk("report", "follow-up", "--language", "fr"))
    assert "En souffrance 2" in late
    assert "Sans contact depuis une semaine 2" in late
    rows = desk.json("report", "follow-up")
    assert "Claas Werke" in json.dumps(rows)
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No need"}
    for lead in (hofer, claas):
        town.crm.update("Lead", lead["Id"], no, by=lead["OwnerId"])
    town.run(PULL_STATUS)
    assert "Leads with sales 0" in flat(desk("report", "follow-up"))


def test_turns_tell_who_was_passed_over_and_an_absence_is_rehearsed(town: Town) -> None:
    desk = Desk(town)
    pull_and_push(town, *(person(f"Name{letter}") for letter in "abcdefghi"))
    [picture] = desk.json("turns")
    assert picture["team"] == "enterprise-dach"
    assert picture["turns"] == 9
    assert {p["person"]: p["turns"] for p in picture["people"]} == {"lena": 6, "marco": 3}
    assert picture["largest_deviation"] < 1
    assert len(picture["each"]) == 9
    assert "turns owed" not in desk("turns", "enterprise-dach")
    rehearsed = desk.json("turns", "--rehearse-absence", "lena", "--next", "6")
    [team] = [t for t in rehearsed if t["team"] == "enterprise-dach"]
    counts = {t["person"]: t for t in team["turns"]}
    assert counts["lena"]["during_absence"] == 0
    assert counts["marco"]["during_absence"] == 6
    assert counts["lena"]["after_return"] == 4  # no flood on the return


def test_the_hot_list_begins_with_whom_to_call_first(town: Town) -> None:
    desk = Desk(town)
    warm = person("Lau", lr_timeframe="", lr_lead_interest="Trial")
    pull_and_push(town, warm, person("Hofer"))
    listed = desk.json("hot")
    assert [one["company"] for one in listed] == ["Hofer Werke", "Lau Werke"]
    assert [one["rank"] for one in listed] == [1, 2]
    assert "Hofer Werke" in desk("hot", "--owner", listed[0]["owner"])


def test_the_lead_centre_decides_what_the_rules_only_propose(
    tmp_path: Path, story_ledger: str
) -> None:
    manual = ("  - stage: sql\n", "  - stage: sql\n    manual: true\n")
    with changed(tmp_path, story_ledger, qualification=manual) as town:
        desk = Desk(town)
        pull_and_push(town, person("Hofer"), person("Claas"))
        assert town.crm.rows("Lead") == []
        waiting = desk.json("centre", code=1)
        assert {one["proposed"] for one in waiting} == {"sql"}
        assert all(one["due"].startswith("2026-03-02T17:05") for one in waiting)
        desk("centre", "decide", EVA, "sql", "--by", "priya", "--why", "Confirmed by phone")
        other = next(one["lead"] for one in waiting if one["company"] == "Claas Werke")
        desk("centre", "decide", other, "mql", "--by", "priya", "--why", "No project")
        assert desk.json("centre") == []
        town.world.clock.advance(timedelta(minutes=5))
        town.run(PULL_LEADS, PUSH_SQLS, WATCH)
        assert [row["LastName"] for row in town.crm.rows("Lead")] == ["Hofer"]
        assert "promise_kept" in town.events("Claas")


def test_an_upheld_dispute_becomes_an_example_that_the_rule_fails(town: Town) -> None:
    desk = Desk(town)
    pull_and_push(town, person("Hofer"))
    clause = ("--clause", "bant:timing")
    desk("dispute", EVA, *clause, "--by", "lena", "--why", "They start in two years")
    assert "bant:timing" in desk("dispute", "list", code=1)
    ended = desk.json("dispute", "settle", EVA, *clause, "--upheld", "--by", "nadia")
    assert ended["example_written"]
    assert any("this_quarter" in text for text in ended["fulfilled"])
    text = (town.story.mappings / "qualification.yaml").read_text("utf-8")
    assert "timeframe: this_quarter" in text.split("timing:")[1].split("stages:")[0]
    loaded = load(town.story.mappings)
    assert loaded.ruleset is not None
    failed = [str(one) for one in run_examples(loaded.ruleset, (), datetime.now(UTC)).failed]
    assert [text for text in failed if "timing" in text] == failed
    assert len(failed) == 1
    assert desk.json("dispute", "list")["rules"]["bant:timing"]["upheld"] == 1
    assert "Contested rules" in desk("promises")


def test_a_lead_that_goes_to_sales_is_told_what_it_is_promised(town: Town) -> None:
    french = person("Claas", hs_language="fr-fr")
    cold = person("Lau", phone="", jobtitle="", lr_timeframe="", lr_lead_interest="Newsletter")
    pull_and_push(town, french, person("Hofer"), cold)
    town.run(PULL_LEADS)
    with town.world.lock:
        told = {
            row["properties"]["lastname"]: row["properties"].get("lr_customer_promise")
            for row in town.world.hubspot.records("contacts")
        }
    assert told["Hofer"] == "A specialist answers you within one working day."
    assert told["Claas"] == "Un spécialiste vous répond sous un jour ouvré."
    assert not told["Lau"]


def test_the_contract_and_the_chart_are_printed(town: Town, tmp_path: Path) -> None:
    desk = Desk(town)
    desk("print", "sla", "--out", str(tmp_path / "sla.pdf"))
    desk("print", "sla", "--language", "fr", "--out", str(tmp_path / "sla.html"))
    desk("print", "raci", "--out", str(tmp_path / "raci.html"))
    assert (tmp_path / "sla.pdf").read_bytes().startswith(b"%PDF-")
    page = (tmp_path / "sla.html").read_text("utf-8")
    assert "Un spécialiste vous répond sous un jour ouvré." in page
    assert town.bench.ruleset.hash in page
    assert "head of sales" in (tmp_path / "raci.html").read_text("utf-8")
