"""The commands that look after people and runs, at a terminal, on a live story."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import main
from connector.ports import Run
from connector.sandbox.faults import Fault
from connector.sandbox.hubspot.errors import Rejection
from connector.wiring import Workbench
from tests.stories.conftest import ROOT, Story, story_on
from tests.stories.people import NOT_YET, arrive, contact_of, marketing_sets, record_of, sales_sets
from tests.stories.terminal import Said, write_config

Say = Callable[..., Said]
LOOP = ("pull-leads", "push-sqls", "pull-status")


@pytest.fixture
def story(tmp_path: Path, story_ledger: str) -> Iterator[Story]:
    with story_on(tmp_path, ROOT / "mappings", story_ledger) as told:
        write_config(told)
        yield told


@pytest.fixture
def say(story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command in this process, on the story's clock, from the story's folder."""
    monkeypatch.chdir(story.folder)
    monkeypatch.setattr("connector.wiring.SystemClock", lambda: story.world.clock)
    monkeypatch.setattr("connector.wiring.Workbench.real_time", False)
    given = Workbench.__init__.__kwdefaults__
    assert given is not None
    monkeypatch.setitem(given, "sleep", story.world.clock.sleep)

    def said(*words: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(words))
        printed = capsys.readouterr()
        return Said(int(end.value.code or 0), printed.out, printed.err)

    return said


def past(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what is waiting now: nobody waits for somebody who was erased."""
    for section in report["sections"]:
        section["figures"] = [f for f in section.get("figures", ()) if f["label"] != "Waiting"]
    return report


def live(story: Story, *names: str, times: int = 1) -> dict[str, object]:
    done: dict[str, object] = {}
    for _ in range(times):
        story.world.clock.advance(timedelta(minutes=45))
        done = story.run(*(names or LOOP))
    return done


def test_rollback_looks_first_and_lists_what_people_changed(story: Story, say: Say) -> None:
    eva = arrive(story, "eva@alpenblick.example", city="Wien", state="Wien")
    live(story, times=2)
    marketing_sets(story, eva, city="Graz", state="Steiermark")
    live(story, "pull-leads")
    run = live(story, "push-sqls")["push-sqls"].id  # type: ignore[attr-defined]
    sales_sets(story, str(record_of(story, f"hs-{eva}")["Id"]), State="Kärnten")

    shown = say("rollback", run)
    assert shown.code == 1, shown.err  # what people changed waits for a person
    assert "Would be put back (add --apply): 1" in shown.out
    assert record_of(story, f"hs-{eva}")["City"] == "Graz"

    done = say("rollback", run, "--apply", "--json")
    record = record_of(story, f"hs-{eva}")
    lead = ["hs-" + eva, "salesforce", f"Lead {record['Id']}"]
    assert done.json["put_back"] == [[*lead, "City"]]
    assert done.json["changed_since"] == [[*lead, "State"]]
    assert (record["City"], record["State"]) == ("Wien", "Kärnten")

    told = " ".join(say("lead", f"hs-{eva}").out.split())
    assert f"Put back in salesforce: City (written by {run})" in told

    again = say("rollback", run, "--apply", "--json")  # twice does nothing more
    assert again.json["put_back"] == []
    assert again.json["back_already"] == [[*lead, "City"]]  # by us: nobody else changed it
    assert again.json["changed_since"] == [[*lead, "State"]]
    live(story, times=3)
    assert record_of(story, f"hs-{eva}")["City"] == "Wien"  # and no run undoes it
    unknown = say("rollback", "no-such-run")
    assert (unknown.code, unknown.out) == (2, "")
    assert "the ledger knows no run named 'no-such-run'" in unknown.err
    for command in ("rollback", "replay"):
        assert run in say(command).out  # which runs there are
        assert run in [one["run"] for one in say(command, "--json").json]


def test_rollback_says_what_was_deleted_or_has_expired_and_that_a_run_goes_on(
    story: Story, say: Say
) -> None:
    eva = arrive(story, "eva@alpenblick.example", city="Wien")
    live(story, times=2)
    marketing_sets(story, eva, city="Graz")
    live(story, "pull-leads")
    run = live(story, "push-sqls")["push-sqls"].id  # type: ignore[attr-defined]
    record = str(record_of(story, f"hs-{eva}")["Id"])
    with story.world.lock:
        story.world.salesforce.delete("Lead", record)
    gone = say("rollback", run, "--json")
    told = [[f"hs-{eva}", "salesforce", f"Lead {record} (deleted)", "City"]]
    assert (gone.code, gone.json["put_back"], gone.json["changed_since"]) == (1, [], told)

    story.world.clock.advance(timedelta(days=3))
    assert say("ledger", "expire", "--payloads", "1").code == 0
    late = say("rollback", run)
    assert "1 updates cannot be put back: what they wrote has expired." in late.err
    assert late.code == 1

    ledger = story.bench.ledger
    last = next(one for one in ledger.runs() if one.id == run)
    ledger.start_run(replace(last, id="push-sqls-going", ended_at=None, outcome=""))
    assert "This run has not ended" in say("rollback", "push-sqls-going").err


def test_rollback_puts_back_what_marketing_was_told_but_not_what_it_changed(
    story: Story, say: Say
) -> None:
    eva = arrive(story, "eva@alpenblick.example", mobilephone="+436641000000")
    live(story, times=2)
    before = contact_of(story, eva)
    lead = str(record_of(story, f"hs-{eva}")["Id"])
    sales_sets(story, lead, Title="CIO", MobilePhone="+436642000000")
    with story.world.lock:
        story.world.salesforce.convert(lead, opportunity_name="Alpenblick")
    run = live(story, "pull-status")["pull-status"].id  # type: ignore[attr-defined]
    told = contact_of(story, eva)
    wrote = {"jobtitle", "mobilephone", "hs_lead_status", "lifecyclestage"}
    assert wrote <= {name for name in told if told[name] != before.get(name)}
    marketing_sets(story, eva, jobtitle="CFO")

    done = say("rollback", run, "--apply", "--json")
    assert (done.code, done.json["refused"]) == (1, []), done.err
    contact = [f"hs-{eva}", "hubspot", f"contact {eva}"]
    assert done.json["changed_since"] == [[*contact, "jobtitle"]]
    back = {row[3] for row in done.json["put_back"]}
    assert wrote - {"jobtitle"} <= back
    after = contact_of(story, eva)
    assert {name: after[name] for name in back} == {name: before[name] for name in back}
    assert after["jobtitle"] == "CFO"
    live(story, times=3)
    rested = contact_of(story, eva)  # and no run undoes it
    assert {name: rested[name] for name in (*back, "jobtitle")} == {
        name: after[name] for name in (*back, "jobtitle")
    }


def test_rollback_of_a_way_back_puts_back_the_stage_that_was_cleared_and_set(
    story: Story, say: Say
) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    lead = str(record_of(story, f"hs-{eva}")["Id"])
    no = {"Status": "Closed - Not Converted", "Disposition_Reason__c": "No budget"}
    sales_sets(story, lead, **no)
    live(story, "pull-status")
    before = contact_of(story, eva)
    run = live(story, "recycle-leads")["recycle-leads"].id  # type: ignore[attr-defined]
    assert contact_of(story, eva)["lifecyclestage"] != before["lifecyclestage"]
    done = say("rollback", run, "--apply", "--json").json
    assert done["changed_since"] == []
    assert "lifecyclestage" in {row[3] for row in done["put_back"]}
    assert done["cannot_be_taken_back"] >= 1  # the nurture list
    after = contact_of(story, eva)
    assert after["lifecyclestage"] == before["lifecyclestage"]
    assert after["hs_lead_status"] == before["hs_lead_status"]


def test_person_shows_everything_and_forget_erases_it_everywhere(story: Story, say: Say) -> None:
    eva = arrive(story, "eva@alpenblick.example", lastname="Zarathustra")
    tom = arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story, times=2)
    lead = record_of(story, f"hs-{eva}")["Id"]

    funnel = say("report", "funnel", "--format", "json").json
    held = say("person", "EVA@alpenblick.example")
    assert held.code == 0, held.err
    tables = held.json
    assert {"lead", "snapshot", "action", "link", "agreed", "event"} <= set(tables)
    assert tables["lead"][0]["values"]["last_name"] == "Zarathustra"
    assert tables["link"][0]["salesforce_id"] == lead
    assert tom not in held.out
    assert say("person", "nobody@x.example").code == 1

    shown = say("forget", "eva@alpenblick.example")
    assert f"contact {eva}" in shown.out
    assert f"Lead {lead}" in shown.out
    assert contact_of(story, eva)["lastname"] == "Zarathustra"  # a dry run

    file = story.folder / "eva.json"
    done = say("forget", "eva@alpenblick.example", "--export", "eva.json", "--yes")
    assert done.code == 0, done.err
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text("utf-8")) == tables
    assert not story.bench.marketing.read([eva], ["email"])
    with story.world.lock:
        crm = [r for r in story.world.salesforce.rows("Lead") if r["Id"] == lead]
    assert not crm
    for name in (f"hs-{eva}", "eva@alpenblick.example", eva, str(lead)):
        assert say("person", name).code == 1
    for part in ("ledger.db", "ledger.db-wal"):
        if (story.folder / part).exists():
            assert b"arathustra" not in (story.folder / part).read_bytes(), part
    assert past(say("report", "funnel", "--format", "json").json) == past(funnel)
    assert say("person", "tom@bergwerk.example").code == 0


def test_forget_erases_every_record_and_every_merged_double_of_a_person(
    story: Story, say: Say
) -> None:
    """Three contacts became one; sales never merged their Leads, and one is a Contact now."""
    one = arrive(story, "eva@alpenblick.example", lastname="Zarathustra")
    two = arrive(story, "eva@hofer.example", lastname="Zarathustra")
    early = arrive(story, "e.hofer@alpenblick.example", lastname="Zarathustra", **NOT_YET)
    arrive(story, "tom@bergwerk.example", lastname="Berg", company="Bergwerk AG")
    live(story, times=2)
    crm = story.world.salesforce
    with story.world.lock:
        lead = crm.convert(str(record_of(story, f"hs-{two}")["Id"]), opportunity_name="Deal")
        survivor = story.world.hubspot.merge(early, two)["id"]
    live(story, times=2)
    with story.world.lock:
        survivor = str(story.world.hubspot.merge(one, survivor)["id"])
    live(story, times=2)
    live(story, "closed-loop")
    funnel = say("report", "funnel", "--format", "json").json

    address = contact_of(story, survivor)["email"]
    names = (survivor, address, f"hs-{early}", "EVA@hofer.example")  # the last was hers once
    held = [say("person", name) for name in names]
    assert [one.code for one in held] == [0, 0, 0, 0], held[0].err
    assert {row["id"] for row in held[0].json["lead"]} == {f"hs-{id_}" for id_ in (one, two, early)}
    assert len({one.out for one in held}) == 1
    shown = say("forget", f"hs-{early}")
    assert [shown.out.count(word) for word in ("contact ", "Lead 00Q", "Contact 003")] == [3, 2, 1]

    done = say("forget", f"hs-{early}", "--yes")
    assert done.code == 0, done.err
    with story.world.lock:
        left = [*crm.rows("Lead"), *crm.rows("Contact"), *story.world.hubspot.records("contacts")]
    assert lead["contactId"] not in {row.get("Id") for row in left}
    assert "Zarathustra" not in repr(left)
    for file in story.folder.glob("ledger.db*"):
        assert b"arathustra" not in file.read_bytes()
    assert past(say("report", "funnel", "--format", "json").json) == past(funnel)
    with pytest.raises(Rejection, match="block list"):  # HubSpot knows every address of hers
        arrive(story, "eva@hofer.example")
    live(story, times=2)
    assert {say("person", name).code for name in names} == {1}
    assert say("person", "tom@bergwerk.example").code == 0
    live(story, "audit")
    assert story.bench.ledger.runs("audit")[0].outcome == "done"


def test_forget_finds_a_record_whose_creation_nobody_heard_of(story: Story, say: Say) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, "pull-leads")
    crm = story.world.salesforce
    with story.world.lock:
        crm.create("Lead", {"LastName": "Hofer", "Company": "A", "Leadrelay_Id__c": f"hs-{eva}"})
    assert say("forget", f"hs-{eva}", "--yes").code == 0
    with story.world.lock:
        assert not list(crm.rows("Lead"))


def test_forget_waits_for_a_call_that_may_still_arrive(story: Story, say: Say) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, "pull-leads")
    story.world.faults.add(Fault(kind="late", seconds=100, system="salesforce", method="PATCH"))
    live(story, "push-sqls")
    tried = say("forget", f"hs-{eva}", "--yes")
    assert (tried.code, say("person", f"hs-{eva}").code) == (3, 0)
    assert "try again in two minutes" in tried.err
    story.world.clock.advance(timedelta(minutes=3))
    assert say("forget", f"hs-{eva}", "--yes").code == 0
    with story.world.lock:
        assert not list(story.world.salesforce.rows("Lead"))


def test_no_run_goes_on_without_the_salt_of_those_who_were_forgotten(
    story: Story, say: Say
) -> None:
    """As on a second machine, or in a new container: nobody may come back unnoticed."""
    eva = arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example")
    live(story, times=2)
    with story.world.lock:  # archived, not blocked: HubSpot itself would take them back
        story.world.hubspot.archive("contacts", eva)
    write_config(story, mode="rehearse")
    assert say("forget", f"hs-{eva}", "--yes").code == 0
    write_config(story)
    assert say("ledger", "new-salt", "--yes").err.startswith("The salt is the right one")
    salt = story.folder / "leadrelay.salt"
    kept = salt.rename(story.folder / "kept")
    arrive(story, "eva@alpenblick.example")
    story.world.clock.advance(timedelta(minutes=45))
    for words in ("run pull-leads", "run pull-status", f"forget hs-{tom} --yes"):
        tried = say(*words.split())
        assert (tried.code, "the salt here does not tell whom" in tried.err) == (2, True), words
    assert not salt.exists()
    assert contact_of(story, tom)["email"] == "tom@bergwerk.example"
    assert say("person", "eva@alpenblick.example").code == 1
    kept.rename(salt)
    assert say("run", "pull-leads").code == 0
    assert say("person", "eva@alpenblick.example").code == 1

    salt.write_text("of another machine")
    assert say("run", "pull-leads").code == 2
    assert "3 hashes would go" in say("ledger", "new-salt").err
    assert say("run", "pull-leads").code == 2
    assert say("ledger", "new-salt", "--yes", "--json").json == {"hashes": 3, "removed": True}
    assert say("run", "pull-leads").code == 0


def test_forget_names_who_else_has_the_address(story: Story, say: Say) -> None:
    """A contact that was deleted and made anew is two leads; a merge was never told."""
    first = arrive(story, "eva@alpenblick.example")
    live(story, "pull-leads")
    with story.world.lock:
        story.world.hubspot.archive("contacts", first)
    again = arrive(story, "Eva@alpenblick.example")
    live(story, "pull-leads")
    assert f"hs-{first}" in say("forget", f"hs-{again}").err
    told = say("forget", f"hs-{again}", "--yes", "--json")
    assert told.json["same_address"] == [f"hs-{first}"]
    assert "same person" not in say("forget", f"hs-{first}", "--yes").err


def test_an_audit_is_green_only_where_every_passed_lead_is_accounted_for(
    story: Story, say: Say
) -> None:
    arrive(story, "eva@alpenblick.example")
    tom = arrive(story, "tom@bergwerk.example")
    live(story, times=2)
    clean = say("audit")
    assert clean.code == 0, clean.out
    assert clean.out.startswith("2 passed = ")
    assert "No exceptions." in clean.out
    record = record_of(story, f"hs-{tom}")
    with story.world.lock:  # heard by nobody yet: the two sides differ
        story.world.salesforce.delete("Lead", record["Id"])
    found = say("audit")
    assert found.code == 1
    assert "Exceptions: 2." in found.out
    tree = say("audit", "--json")
    assert (tree.code, tree.json["exceptions"]) == (1, {"salesforce-lacks": 1, "counts-differ": 1})
    assert [f["lead"] for f in tree.json["findings"] if f["lead"]] == [f"hs-{tom}"]
    assert say("audit", "--here").code == 0  # the ledger alone adds up


def test_forget_keeps_the_person_while_a_system_does_not_answer(story: Story, say: Say) -> None:
    eva = arrive(story, "eva@alpenblick.example")
    live(story, times=2)
    write_config(story, salesforce_url="http://127.0.0.1:9")
    done = say("forget", "eva@alpenblick.example", "--yes")
    assert done.code == 3, done.out
    assert say("person", f"hs-{eva}").code == 0


def test_parked_records_are_listed_shown_retried_and_dismissed(story: Story, say: Say) -> None:
    for name in ("ben", "kim"):
        arrive(story, f"{name}@oakfield.example", phone="call me")
    live(story)
    listed = say("parked")
    assert listed.code == 1
    assert "invalid-phone: 2 (mended by marketing)" in listed.out
    shown = say("parked", "show", "invalid-phone")
    assert shown.code == 1
    keys = [line.split()[0] for line in shown.out.splitlines()[1:]]
    assert len(keys) == 2
    assert "call me" not in shown.out

    retried = say("parked", "retry", "invalid-phone")
    assert retried.out == "2 back in the plan; the next run tries them.\n"
    assert say("parked").out == "Nothing waits for a person.\n"
    live(story)
    assert "invalid-phone: 2" in say("parked").out  # nobody mended them

    assert say("parked", "retry", "--changed").out.startswith("0 back")
    assert say("parked", "dismiss", keys[0]).out == "1 dismissed.\n"
    assert "invalid-phone: 1" in say("parked").out
    live(story)
    assert "invalid-phone: 1" in say("parked").out  # given up stays given up
    stories = [say("lead", f"{name}@oakfield.example").out for name in ("ben", "kim")]
    assert sorted("Given up" in story for story in stories) == [False, True]
    for act in ("show", "retry", "dismiss"):
        nothing = say("parked", act, keys[0])
        assert nothing.code == 2
        assert f"Nothing is parked under '{keys[0]}'" in nothing.err


def test_one_lead_of_several_with_the_same_cause_is_shown_retried_and_dismissed(
    story: Story, say: Say
) -> None:
    ben, kim = (
        arrive(story, f"{name}@oakfield.example", phone="call me") for name in ("ben", "kim")
    )
    live(story)
    [shown] = json.loads(say("parked", "show", f"hs-{ben}", "--json").out)
    assert shown["lead"] == f"hs-{ben}"
    assert json.loads(say("parked", "retry", f"hs-{ben}", "--json").out) == {"retried": 1}
    dismissed = say("parked", "--json", "dismiss", f"hs-{kim}")
    assert json.loads(dismissed.out) == {"dismissed": 1}
    assert json.loads(say("parked", "list", "--json").out) == []


def test_a_hand_off_that_was_given_up_makes_no_run_wait_for_a_person(
    story: Story, say: Say
) -> None:
    arrive(story, "eva@alpenblick.example", lastname="X" * 90)
    live(story, times=2)  # the first time, its stage is still on its way back
    ended = live(story)["push-sqls"]
    assert (ended.outcome, ended.totals.parked) == ("attention", 1)  # type: ignore[attr-defined]
    assert say("parked", "dismiss", "too-long").out == "1 dismissed.\n"
    ended = live(story)["push-sqls"]
    assert (ended.outcome, ended.totals.parked) == ("done", 0)  # type: ignore[attr-defined]
    assert say("parked").out == "Nothing waits for a person.\n"


def test_status_says_when_the_calls_run_out_and_what_still_leaves(story: Story, say: Say) -> None:
    def calls_with(left: int) -> list[str]:
        for name, limit in (("hubspot", 625_000), ("salesforce", 100_000)):
            ledger.note(f"{name} limit", day, limit)
            ledger.note(f"{name} left", day, left)
        lines = say("status").out.splitlines()
        start = next(n for n, line in enumerate(lines) if line.startswith("Calls today"))
        return [line.split("left", 1)[1] for line in lines[start : start + 2]]

    ledger, now = story.bench.ledger, story.world.clock.now()
    day = f"{now:%Y-%m-%d}"
    assert calls_with(90_000) == ["; at this pace none is left in 1 h", ""]
    assert calls_with(9_000) == [
        "; at this pace none is left in 7 min; only what is urgent leaves",
        "; at this pace none is left in 2 h; only what is urgent leaves",
    ]
    assert calls_with(0) == ["; nothing leaves"] * 2
    assert json.loads(say("status", "--json").out)["calls"]["salesforce"]["left"] == 0


def test_status_tells_a_killed_run_from_one_that_lives(story: Story, say: Say) -> None:
    def outcome() -> str:
        jobs = json.loads(say("status", "--json").out)["jobs"]
        return str(next(job["outcome"] for job in jobs if job["job"] == "pull-leads"))

    ledger, now = story.bench.ledger, story.world.clock.now()
    run = Run(id="pull-leads-1", job="pull-leads", started_at=now, ruleset="", mode="live")
    assert ledger.lease("job:pull-leads", holder=run.id, now=now, seconds=150)
    ledger.start_run(run)
    assert outcome() == "running"
    story.world.clock.advance(timedelta(seconds=151))
    assert outcome() == "broke off"


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("report funnel -f html -o /dev/full", 3, "No space left on device"),
        ("report funnel -f html -o config.toml/x.html", 2, "File exists"),
        ("plan --out /dev/full", 3, "No space left on device"),
        ("export config.toml", 2, "config.toml"),
        ("status --prometheus none/x.prom", 2, "No such file"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_sentence(
    say: Say, line: str, code: int, told: str
) -> None:
    said = say(*line.split())
    assert told in said.err
    assert "bug" not in said.err
    assert said.code == code
