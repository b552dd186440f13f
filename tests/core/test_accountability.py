"""The contract is checked: vague clauses, RACI rows and gaps, all at once."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.accountability import ACTIVITIES, clause_problems, raci_problems
from connector.core.problems import Severity
from connector.core.rules.promises import (
    ClockKind,
    Escalation,
    Promises,
    RaciRow,
    Touches,
)

from .agreed import hours, line, people
from .test_promises import CASES, COMPLETE, FIRST_CONTACT


def agreed(*clauses, raci=(), **more):
    more.setdefault("enforcer", "lead_manager")
    more.setdefault("sponsor", "mia")
    return Promises(clauses={c.name: c for c in clauses}, raci=raci, **more)


def said(clause):
    return [problem.what for problem in clause_problems(agreed(clause), people())]


def test_clauses_that_can_be_measured_pass():
    clauses = [case[0] for case in CASES]
    assert clause_problems(agreed(*clauses, COMPLETE), people()) == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"within": timedelta()}, "has no time within which it is kept"),
        ({"within": timedelta(days=400)}, "takes more than a year"),
        ({"at_risk": hours(4)}, "is at risk from its first moment"),
        ({"touches": Touches()}, "counts no touches"),
        ({"at_least": 0}, "asks for no leads at all"),
        ({"start": "soon"}, "starts with 'soon', which never happens"),
        ({"stop": ()}, "never ends"),
        ({"stop": ("answered",)}, "names 'answered', which never happens"),
        ({"pauses": {"delivered": "routed"}}, "is paused by its own start"),
        ({"calendar": "moon"}, "counts by calendar 'moon', which does not exist"),
        ({"calendar": "east", "clock": ClockKind.CALENDAR},
         "counts around the clock and yet by a calendar"),
        ({"responsible": "wizard"}, "binds the role 'wizard', which nobody has"),
        ({"escalations": (Escalation(after=hours(1), tell=("wizard",)),)},
         "tells the role 'wizard', which nobody has"),
        ({"escalations": (Escalation(after=-hours(1), tell=("owner", "manager", "sponsor")),)},
         "escalates before it begins"),
    ],
)  # fmt: skip
def test_a_vague_clause_is_refused_with_the_reason(change, what):
    assert said(replace(FIRST_CONTACT, **change)) == [f"clause 'first_contact' {what}"]


def test_every_fault_of_a_clause_is_told_at_once():
    bad = replace(
        FIRST_CONTACT, within=timedelta(), start="soon", responsible="wizard", at_risk=None
    )
    assert len(said(bad)) == 3


def test_somebody_must_watch():
    [problem] = clause_problems(agreed(enforcer="ghost"), people())
    assert problem.code == "no-enforcer"


def row(activity, accountable="sales_manager", responsible=("rep",), **more):
    return RaciRow(
        activity=activity, responsible=responsible, accountable=accountable,
        place=line(7, "promises.yaml"), **more,
    )  # fmt: skip


WHOLE = tuple(row(activity) for activity in ACTIVITIES)


def codes(*raci, **more):
    return Counter(problem.code for problem in raci_problems(agreed(raci=raci, **more), people()))


def test_a_chart_with_one_accountable_role_for_everything_passes():
    assert codes(*WHOLE) == {}


@pytest.mark.parametrize("accountable", ["", " ", "sales_manager, lead_manager"])
def test_exactly_one_role_is_accountable(accountable):
    assert codes(row("capture", accountable), *WHOLE[1:])["raci-accountable"] == 1


def test_gaps_doubles_and_strangers_are_told():
    found = codes(
        row("answer"), row("Answer a passed lead", responsible=()), row("dance", "wizard")
    )
    assert found == {
        "raci-twice": 1,
        "raci-responsible": 1,
        "raci-role": 1,
        "raci-gap": len(ACTIVITIES) - 1,
    }


def test_a_row_is_known_by_its_words_in_any_language():
    assert codes(*WHOLE[1:], row("capter les LEADS (site, téléphone, formulaires, salons)")) == {}
    assert codes(*WHOLE[1:], row("leads", labels={"fr": ACTIVITIES["capture"]["fr"]})) == {}


def test_a_gap_is_a_warning_and_says_what_is_missing_in_words():
    problem = next(p for p in raci_problems(agreed(), people()) if "dispute" in p.what)
    assert problem.severity is Severity.WARNING
    assert problem.what == "nobody answers for: decide a dispute about a lead"


def test_a_sponsor_stands_behind_it():
    assert codes(*WHOLE, sponsor="") == {"no-sponsor": 1}


def test_activities_have_a_label_in_both_languages():
    assert all({"en", "fr"} <= labels.keys() for labels in ACTIVITIES.values())
