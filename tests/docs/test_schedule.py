"""The examples of schedulers: each parses, names existing jobs, and keeps to their cadences."""

import ast
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector.cli.main import COMMANDS
from connector.core.timetable import parse_cron

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FOLDER = ROOT / "docs" / "how-to" / "schedule"
PAGES = (file.stem for file in (ROOT / "jobs").glob("*.py") if file.stem != "__init__")
JOBS = {
    page.JOB.name: page.JOB.cadence for page in map(import_module, (f"jobs.{n}" for n in PAGES))
}


def keeps_to_the_cadences(found: dict[str, str]) -> None:
    assert found == JOBS


def test_every_example_is_in_the_page_and_the_other_way_round() -> None:
    page = (ROOT / "docs" / "how-to" / "schedule.md").read_text("utf-8")
    linked = set(re.findall(r"\(schedule/([^)]+)\)", page))
    assert linked == {file.name for file in FOLDER.iterdir()}


def test_the_crontab_runs_every_job_at_its_cadence() -> None:
    lines = (FOLDER / "crontab").read_text("utf-8").splitlines()
    found = {}
    for line in lines:
        words = line.split()
        if "leadrelay" in words and not line.startswith("#"):
            assert words[5:7] == ["leadrelay", "run"]
            parse_cron(" ".join(words[:5]))
            found[words[7]] = " ".join(words[:5])
    keeps_to_the_cadences(found)


@pytest.mark.parametrize("name", ["airflow_dag.py", "prefect_flow.py", "dagster_definitions.py"])
def test_the_python_examples_compile_and_run_every_job(name: str) -> None:
    tree = ast.parse((FOLDER / name).read_text("utf-8"), name)
    compile(tree, name, "exec")
    (cadences,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CADENCES"
    ]
    keeps_to_the_cadences(cadences)


@pytest.mark.parametrize(
    ("name", "kind"), [("cronjob.yaml", "CronJob"), ("worker.yaml", "Deployment")]
)
def test_the_manifests_run_commands_that_exist(name: str, kind: str) -> None:
    made = YAML(typ="safe").load((FOLDER / name).read_text("utf-8"))
    assert made["kind"] == kind
    spec = made["spec"]
    if kind == "CronJob":
        assert spec["schedule"] == JOBS["pull-leads"]
        spec = spec["jobTemplate"]["spec"]
    pod = spec["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    said = " ".join(container.get("args") or container["command"])
    assert said.replace("sh -c leadrelay ", "").split()[0] in COMMANDS
    probe = container.get("livenessProbe")
    assert probe is None or probe["exec"]["command"][1] in COMMANDS


@pytest.mark.parametrize(
    "file",
    [
        ROOT / "deploy" / "leadrelay.service",
        FOLDER / "leadrelay@.service",
        FOLDER / "leadrelay@.timer",
    ],
    ids=lambda file: file.name,
)
def test_the_units_are_sound(file: Path, tmp_path: Path) -> None:
    text = file.read_text("utf-8")
    sections = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
    assert sections[0] == "Unit"
    for line in text.splitlines():
        assert re.fullmatch(r"(#.*|\[\w+\]|[A-Z]\w+=.*|)", line), line
    for command in re.findall(r"leadrelay (\w+)", "\n".join(re.findall("ExecStart=.*", text))):
        assert command in COMMANDS
    verify = shutil.which("systemd-analyze")
    if verify is None:
        return  # its own checker is not on this machine; the lines above still hold
    for unit in (*FOLDER.glob("leadrelay@.*"), ROOT / "deploy" / "leadrelay.service"):
        shutil.copy(unit, tmp_path / unit.name.replace("@", "@pull-leads"))
    name = file.name.replace("@", "@pull-leads")
    done = subprocess.run(
        [verify, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in done.stderr.splitlines() if "leadrelay" in line]
    assert not about_ours, about_ours


def test_the_timer_names_a_calendar_for_each_job() -> None:
    """The calendar's own words for the cadence: minutes, hours and steps as cron has them."""
    text = (FOLDER / "leadrelay@.timer").read_text("utf-8")
    found = {}
    for jobs, hour, minute in re.findall(r"#   (\S.*?) +OnCalendar=\*-\*-\* (\S+):(\S+):00", text):
        step = re.sub(r"^00/", "*/", minute)
        numbers = [part if "*" in part else str(int(part)) for part in (step, hour)]
        found |= dict.fromkeys(jobs.split(", "), " ".join((*numbers, "* * *")))
    keeps_to_the_cadences(found)


def test_the_container_is_unprivileged_and_starts_a_command_that_exists() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    assert "USER 10001" in lines
    (command,) = [line for line in lines if line.startswith("CMD")]
    assert ast.literal_eval(command.removeprefix("CMD "))[0] in COMMANDS
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    sources = [word for word in copied if not word.startswith(("--", "/"))]
    assert all((ROOT / source).exists() for source in sources)


def test_the_readmes_crontab_is_understood_by_cron_and_shell() -> None:
    """Lines of five fields at the jobs' cadences; what is behind them runs in the shell named."""
    (table,) = re.findall(r"```\n# crontab -e\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    settings = dict(re.findall(r"^(\w+)=(.*)$", table, re.MULTILINE))
    assert settings["RUN"].endswith("leadrelay run")
    found = {}
    for line in table.splitlines():
        fields = line.split(maxsplit=5)
        if "=" in fields[0]:
            continue
        parse_cron(" ".join(fields[:5]))
        shell = [settings["SHELL"], "-c", fields[5]]
        said = subprocess.run(
            shell, env={"RUN": "echo"}, capture_output=True, text=True, check=True
        )
        found[said.stdout.strip()] = " ".join(fields[:5])
    keeps_to_the_cadences(found)
