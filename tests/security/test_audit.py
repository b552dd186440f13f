"""The audit of the dependencies: what is vulnerable fails, and nothing unasked is green."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stories.conftest import ROOT

SOUND = {"name": "click", "version": "8.3.0", "vulns": []}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found"}
BAD = {
    "name": "jinja2",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}],
}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ([SOUND], 0, "1 dependencies audited, 0 vulnerable."),
        ([SOUND, BAD], 1, "jinja2 1.0: PYSEC-2026-1, mended in 1.1"),
        ([SOUND, SKIPPED], 0, "NOT audited, since nothing is told of them here: 1"),
        ([SKIPPED], 3, "NOT audited"),
        (None, 3, "Not audited"),
    ],
)
def test_its_exit_code_says_what_is_known(
    told: list[dict[str, Any]] | None, code: int, said: str, tmp_path: Path
) -> None:
    tool = tmp_path / ".venv" / "audit" / "bin" / "pip-audit"
    tool.parent.mkdir(parents=True)
    answer = json.dumps({"dependencies": told}) if told is not None else "offline"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n", "utf-8")
    tool.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "audit", tmp_path / ".ci" / "audit")
    done = subprocess.run(
        [sys.executable, tmp_path / ".ci" / "audit"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
