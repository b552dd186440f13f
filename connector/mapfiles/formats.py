"""Problems as text, JSON, SARIF 2.1.0 and GitHub annotations."""

import json
from collections.abc import Callable, Mapping, Sequence

from connector.core.problems import Problem, Severity

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def as_text(problems: Sequence[Problem]) -> str:
    """For people: one problem a paragraph, then the count."""
    lines = [
        f"{p}"
        if p.severity is Severity.ERROR
        else f"{p.where}: warning: {p.code}: {p.what}\n    {p.remedy}"
        for p in problems
    ]
    return "\n".join([*lines, counted(problems)]) + "\n"


def counted(problems: Sequence[Problem]) -> str:
    """`2 errors and 1 warning in 2 files`, or `no problems`."""
    if not problems:
        return "no problems"
    parts = []
    for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning")):
        number = sum(p.severity is severity for p in problems)
        if number:
            parts.append(f"{number} {word}{'s' if number > 1 else ''}")
    files = len({p.where.file for p in problems})
    return f"{' and '.join(parts)} in {files} file{'s' if files > 1 else ''}"


def as_json(problems: Sequence[Problem]) -> str:
    """For programs: a list of objects, in reading order."""
    return json.dumps([as_plain(p) for p in problems], indent=2, ensure_ascii=False) + "\n"


def as_plain(problem: Problem) -> dict[str, str | int | None]:
    """One problem as an object."""
    return {
        "file": problem.where.file,
        "line": problem.where.line,
        "column": problem.where.column,
        "severity": str(problem.severity),
        "code": problem.code,
        "what": problem.what,
        "remedy": problem.remedy,
        "mender": str(problem.mender),
    }


def as_sarif(problems: Sequence[Problem], *, version: str = "") -> str:
    """SARIF 2.1.0 (OASIS), as code scanning of GitHub and others read it."""
    codes = sorted({p.code for p in problems})
    driver: dict[str, object] = {
        "name": "leadrelay check",
        "rules": [
            {"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes
        ],
    }
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(p, codes.index(p.code)) for p in problems],
    }
    whole = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _result(problem: Problem, rule: int) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": problem.where.file}}
    if problem.where.line:
        place["region"] = {
            "startLine": problem.where.line,
            "startColumn": max(problem.where.column, 1),
        }
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": f"{problem.what}. {problem.remedy}"},
        "locations": [{"physicalLocation": place}],
    }


def as_github(problems: Sequence[Problem]) -> str:
    """Workflow commands, which GitHub shows as annotations beside the lines.

    Escapes as actions/toolkit does: %, CR and LF in messages; : and , besides in properties.
    """
    lines = []
    for one in problems:
        where = [f"file={_property(one.where.file)}"]
        if one.where.line:
            where += [f"line={one.where.line}", f"col={max(one.where.column, 1)}"]
        where.append(f"title={_property(one.code)}")
        message = _message(f"{one.what}\n{one.remedy}")
        lines.append(f"::{_LEVELS[one.severity]} {','.join(where)}::{message}")
    return "".join(f"{line}\n" for line in lines)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Sequence[Problem]], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
