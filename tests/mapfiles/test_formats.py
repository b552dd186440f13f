"""Problems as text, JSON, SARIF and GitHub annotations, whole."""

import json

from connector.core.problems import Place, Problem, Severity
from connector.mapfiles.formats import FORMATS, as_github, as_json, as_sarif, as_text, counted

TEAM = Problem(
    code="unknown-team",
    where=Place(file="mappings/routing.yaml", line=14, column=9),
    what="there is no team 'enterprise-dahc'",
    remedy="Did you mean 'enterprise-dach'? Teams are defined in people.yaml.",
)
FILE = Problem(
    code="missing-file",
    where=Place(file="mappings/a,b:c.yaml"),
    what="100 % of it is missing",
    remedy="Write it.\nThen check again.",
    severity=Severity.WARNING,
)


def test_text() -> None:
    assert as_text([TEAM, FILE]) == (
        "mappings/routing.yaml:14:9: unknown-team: there is no team 'enterprise-dahc'\n"
        "    Did you mean 'enterprise-dach'? Teams are defined in people.yaml.\n"
        "mappings/a,b:c.yaml: warning: missing-file: 100 % of it is missing\n"
        "    Write it.\nThen check again.\n"
        "1 error and 1 warning in 2 files\n"
    )
    assert counted([]) == "no problems"
    assert counted([TEAM, TEAM]) == "2 errors in 1 file"


def test_json() -> None:
    assert json.loads(as_json([TEAM])) == [
        {
            "file": "mappings/routing.yaml",
            "line": 14,
            "column": 9,
            "severity": "error",
            "code": "unknown-team",
            "what": "there is no team 'enterprise-dahc'",
            "remedy": "Did you mean 'enterprise-dach'? Teams are defined in people.yaml.",
            "mender": "admin",
        }
    ]


def test_sarif() -> None:
    sarif = json.loads(as_sarif([TEAM, FILE, TEAM], version="1.2"))
    assert sarif["version"] == "2.1.0"
    (run,) = sarif["runs"]
    assert run["tool"]["driver"]["version"] == "1.2"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["missing-file", "unknown-team"]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]
    assert [one["level"] for one in run["results"]] == ["error", "warning", "error"]
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "mappings/routing.yaml"},
                "region": {"startLine": 14, "startColumn": 9},
            }
        }
    ]
    assert "region" not in run["results"][1]["locations"][0]["physicalLocation"]


def test_github() -> None:
    assert as_github([TEAM, FILE]) == (
        "::error file=mappings/routing.yaml,line=14,col=9,title=unknown-team::"
        "there is no team 'enterprise-dahc'%0A"
        "Did you mean 'enterprise-dach'? Teams are defined in people.yaml.\n"
        "::warning file=mappings/a%2Cb%3Ac.yaml,title=missing-file::"
        "100 %25 of it is missing%0AWrite it.%0AThen check again.\n"
    )


def test_every_format_says_nothing_of_nothing() -> None:
    assert {name: bool(form([])) for name, form in FORMATS.items()} == {
        "text": True,
        "json": True,
        "sarif": True,
        "github": False,
    }
