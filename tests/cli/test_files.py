"""The commands on mapping files, as somebody at a terminal meets them."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.mapfiles.sets import lay

ROOT = Path(__file__).parents[2]


def leadrelay(*words: str, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from connector.cli.main import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "LANG": "C.UTF-8", **more},
    )


def test_check_tells_a_fault_with_its_place_and_remedy(tmp_path: Path) -> None:
    edit = {"file": "routing.yaml", "find": "{team: north}", "write": "{team: nroth}"}
    lay([edit], tmp_path)
    done = leadrelay("check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == (
        "mappings/routing.yaml:6:16: unknown-team: there is no team 'nroth'\n"
        "    Did you mean 'north'? Teams are defined in people.yaml.\n"
        "1 error in 1 file\n"
    )
    done = leadrelay("check", "--json", cwd=tmp_path)
    assert [one["code"] for one in json.loads(done.stdout)] == ["unknown-team"]
    done = leadrelay("check", "--format", "github", cwd=tmp_path)
    assert done.stdout.startswith("::error file=mappings/routing.yaml,line=6,col=16,")


def test_check_of_a_sound_folder_is_short(tmp_path: Path) -> None:
    lay([], tmp_path)
    done = leadrelay("check", "--mappings", "mappings", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("mappings: no problems (version ")


@pytest.mark.parametrize("kind", ["services", "education"])
def test_a_new_project_is_sound_from_the_first_minute(kind: str, tmp_path: Path) -> None:
    done = leadrelay("init", "acme", "--kind", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "acme"
    assert (project / "config.toml").read_text("utf-8").count('mode = "rehearse"') == 1
    checked = leadrelay("check", "-m", "mappings", cwd=project)
    assert checked.returncode == 0, checked.stdout
    tested = leadrelay("test", "-m", "mappings", "--junit", "out.xml", cwd=project)
    assert tested.returncode == 0, tested.stdout
    assert ", 0 failed; " in tested.stdout
    assert ElementTree.parse(project / "out.xml").getroot().attrib["failures"] == "0"
    ignored = (tmp_path / "acme" / ".gitignore").read_text("utf-8").splitlines()
    assert {"leadrelay*.db*", "leadrelay.salt", "reports/", ".env"} <= set(ignored)
    again = leadrelay("init", "acme", cwd=tmp_path)
    assert again.returncode == 2
    assert "nothing was written" in again.stderr


def test_a_failing_example_is_named_with_its_line(tmp_path: Path) -> None:
    edit = {
        "file": "routing.yaml",
        "find": "{given: {country: DE}, expect: match}",
        "write": "{given: {country: FR}, expect: match}",
    }
    lay([edit], tmp_path)
    done = leadrelay("test", "-m", "mappings", cwd=tmp_path)
    assert done.returncode == 2
    said = "FAIL  mappings/routing.yaml:8:9: route 'Germany': expected match, got no match"
    assert done.stdout.splitlines()[0] == said
    told = json.loads(leadrelay("test", "-m", "mappings", "--json", cwd=tmp_path).stdout)
    assert told["failed"] == [
        {
            "place": "mappings/routing.yaml:8:9",
            "subject": "route 'Germany'",
            "expected": "match",
            "got": "no match",
        }
    ]
