"""The picture as a Prometheus text file, for the node exporter's textfile collector."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Sample = tuple[Mapping[str, str], float | int | None]


def to_text(picture: Mapping[str, Any]) -> str:
    """The exposition format, version 0.0.4; moments as seconds since 1970."""
    parts = (*_of_jobs(picture["jobs"]), *_of_queues(picture["queues"]), *_of_all(picture))
    return "".join(parts)


def _of_jobs(jobs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _gauge(
        "job_last_start_seconds",
        "When the job last started.",
        [({"job": job["job"]}, job["last"].timestamp()) for job in jobs if job["last"]],
    )
    yield _gauge(
        "job_behind_seconds",
        "How long ago the job's last good run ended.",
        [({"job": job["job"]}, job["behind"]) for job in jobs],
    )
    yield _gauge(
        "job_overdue",
        "1 where the job should have run and did not.",
        [({"job": job["job"]}, int(bool(job["overdue"]))) for job in jobs],
    )


def _of_queues(queues: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name, key, text in (
        ("queue_backlog", "backlog", "Actions planned or waiting."),
        ("queue_blocked", "blocked", "Actions behind a parked one."),
        ("queue_started", "started", "Actions under way."),
        ("queue_done_last_hour", "done_last_hour", "Actions done in the last hour."),
        ("queue_oldest_seconds", "oldest", "Age of the oldest open action."),
    ):
        yield _gauge(name, text, [({"to": queue["to"]}, queue[key]) for queue in queues])


def _of_all(picture: Mapping[str, Any]) -> Iterator[str]:
    calls: Mapping[str, Mapping[str, Any]] = picture["calls"]
    alive = sum(1 for worker in picture["workers"] if worker["alive"])
    yield _gauge("leads", "Leads in the ledger.", [({}, picture["leads"])])
    yield _gauge(
        "stream_lag_seconds",
        "How old the moment is up to which a stream was read.",
        [({"stream": name}, lag) for name, lag in picture["lag"].items()],
    )
    yield _gauge(
        "parked",
        "Records that wait for a person.",
        [({"cause": name}, count) for name, count in picture["parked"].items()],
    )
    yield _gauge(
        "api_calls_today",
        "Calls made today (UTC).",
        [({"system": name}, of["made"]) for name, of in calls.items()],
    )
    yield _gauge(
        "api_calls_left_today",
        "Calls that the system still allows today.",
        [({"system": name}, of["left"]) for name, of in calls.items()],
    )
    yield _gauge("workers", "Workers alive.", [({}, alive)])


def write(file: Path, text: str) -> None:
    """Replaces the file at once: whoever reads it never meets half of it."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.chmod(0o644)
    fresh.replace(file)


def _gauge(name: str, help_: str, samples: Iterable[Sample]) -> str:
    known = [(labels, value) for labels, value in samples if value is not None]
    return gauge(f"leadrelay_{name}", help_, known) if known else ""


def gauge(name: str, help_: str, samples: Iterable[tuple[Mapping[str, str], object]]) -> str:
    """One gauge with its help and its samples, a line each."""
    lines = [f"# HELP {name} {help_}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items()) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
