"""Remembers bulk jobs that are under way in a small file, so that a crash forgets none."""

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import orjson


class KeptJobs(MutableMapping[str, str]):
    """Key of a delivery -> job id. Each change is on disk before the call returns.

    For one machine; runs of one project do not overlap, so nothing else writes the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._jobs: dict[str, str] = {}
        if file.exists():
            try:
                kept = orjson.loads(file.read_bytes())
            except orjson.JSONDecodeError:
                kept = {}  # cut off by a full disk: its jobs end by themselves
            if isinstance(kept, dict):
                self._jobs = {str(key): str(job) for key, job in kept.items()}

    def __getitem__(self, key: str) -> str:
        return self._jobs[key]

    def __setitem__(self, key: str, job: str) -> None:
        self._jobs[key] = job
        self._keep()

    def __delitem__(self, key: str) -> None:
        del self._jobs[key]
        self._keep()

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def _keep(self) -> None:
        fresh = self._file.with_name(f"{self._file.name}.new")
        with fresh.open("wb") as out:
            out.write(orjson.dumps(self._jobs))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._file)
