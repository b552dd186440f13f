"""The picture as a Prometheus text file, for the node exporter's textfile collector."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Sample = tuple[Mapping[str, str], float | int | None]


def to_text(picture: Mapping[str, Any]) -> str:
    """The exposition format, version 0.0.4; moments as seconds since 1970."""
    jobs, queues = picture["jobs"], picture["queues"]
    calls: Mapping[str, Mapping[str, Any]] = picture["calls"]
    alive = sum(1 for worker in picture["workers"] if worker["alive"])
    parts = (
        _gauge("leads", "Leads in the ledger.", [({}, picture["leads"])]),
        _gauge(
            "job_last_start_seconds",
            "When the job last started.",
            [({"job": j["job"]}, j["last"].timestamp()) for j in jobs if j["last"]],
        ),
        _gauge(
            "job_behind_seconds",
            "How long ago the job's last good run ended.",
            [({"job": j["job"]}, j["behind"]) for j in jobs],
        ),
        _gauge(
            "job_overdue",
            "1 where the job should have run and did not.",
            [({"job": j["job"]}, int(bool(j["overdue"]))) for j in jobs],
        ),
        _gauge(
            "stream_lag_seconds",
            "How old the moment is up to which a stream was read.",
            [({"stream": name}, lag) for name, lag in picture["lag"].items()],
        ),
        *(
            _gauge(
                f"queue_{name}",
                text,
                [({"to": queue["to"]}, queue[name]) for queue in queues],
            )
            for name, text in (
                ("backlog", "Actions planned or waiting."),
                ("blocked", "Actions behind a parked one."),
                ("started", "Actions under way."),
                ("done_last_hour", "Actions done in the last hour."),
            )
        ),
        _gauge(
            "queue_oldest_seconds",
            "Age of the oldest open action.",
            [({"to": queue["to"]}, queue["oldest"]) for queue in queues],
        ),
        _gauge(
            "parked",
            "Records that wait for a person.",
            [({"cause": name}, count) for name, count in picture["parked"].items()],
        ),
        _gauge(
            "api_calls_today",
            "Calls made today (UTC).",
            [({"system": name}, of["made"]) for name, of in calls.items()],
        ),
        _gauge(
            "api_calls_left_today",
            "Calls that the system still allows today.",
            [({"system": name}, of["left"]) for name, of in calls.items()],
        ),
        _gauge("workers", "Workers alive.", [({}, alive)]),
    )
    return "".join(parts)


def write(file: Path, text: str) -> None:
    """Replaces the file at once: whoever reads it never meets half of it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.chmod(0o644)
    fresh.replace(file)


def _gauge(name: str, help_: str, samples: Iterable[Sample]) -> str:
    known = [(labels, value) for labels, value in samples if value is not None]
    if not known:
        return ""
    full = f"leadrelay_{name}"
    lines = [f"# HELP {full} {help_}", f"# TYPE {full} gauge"]
    lines += [f"{full}{_labels(labels)} {value}" for labels, value in known]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items()) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
