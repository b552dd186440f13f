"""A plan as a file: the lines to write and the decisions behind them, sealed with a hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from connector.core.errors import StopTheRun
from connector.core.plan import Destination
from connector.core.problems import Place
from connector.flows.preview import Line
from connector.store.foresee import Change
from connector.store.private import write_private

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be written, in order, and the rows of the ledger from which it follows."""

    made_at: datetime
    ruleset: str  #: hash of the mapping files it was made by
    jobs: tuple[str, ...]
    lines: tuple[Line, ...]
    keys: tuple[str, ...]  #: of all actions, those without a line included
    changes: tuple[Change, ...]


def write(plan: Plan, path: Path) -> str:
    """Writes the file for its owner alone, since it holds personal data; returns its hash."""
    content = _tree(plan)
    seal = _seal(content)
    data = orjson.dumps({**content, "hash": seal}, option=orjson.OPT_INDENT_2)
    write_private(path, data + b"\n")
    return seal


def read(path: Path) -> tuple[Plan, str]:
    """The plan and its hash; raises StopTheRun where the file is not one, or was changed."""
    try:
        content = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise StopTheRun(
            f"{path}: no such file\n    Make one with `leadrelay plan --out`."
        ) from None
    except orjson.JSONDecodeError:
        raise StopTheRun(f"{path}: not a plan") from None
    if not isinstance(content, dict) or content.get("plan") != FORMAT:
        raise StopTheRun(f"{path}: not a plan that this version reads")
    seal = content.pop("hash", "")
    if seal != _seal(content):
        raise StopTheRun(
            f"{path}: the plan was changed after it was made\n    Nothing was written. Make a new "
            "one with `leadrelay plan --out`."
        )
    return _plan(content), str(seal)


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _tree(plan: Plan) -> dict[str, Any]:
    return {
        "plan": FORMAT,
        "made_at": plan.made_at.isoformat(),
        "ruleset": plan.ruleset,
        "jobs": list(plan.jobs),
        "lines": [{**asdict(line), "system": line.system.value} for line in plan.lines],
        "keys": list(plan.keys),
        "ledger": [
            {"table": c.table, "after": dict(c.after), "before": c.before and dict(c.before)}
            for c in plan.changes
        ],
    }


def _plan(content: Mapping[str, Any]) -> Plan:
    return Plan(
        made_at=datetime.fromisoformat(content["made_at"]),
        ruleset=content["ruleset"],
        jobs=tuple(content["jobs"]),
        lines=tuple(
            Line(**{**line, "system": Destination(line["system"]), "place": Place(**line["place"])})
            for line in content["lines"]
        ),
        keys=tuple(content["keys"]),
        changes=tuple(Change(**row) for row in content["ledger"]),
    )
