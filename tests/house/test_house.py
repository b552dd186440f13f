"""What the house promises about itself: opening sentences, sizes, layers, words."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.mistakes import MISTAKES, Mistake, planted

ROOT = Path(__file__).parents[2]
MODULES = sorted((*ROOT.glob("connector/**/*.py"), *ROOT.glob("jobs/**/*.py")))
MOST_LINES = 420
MOST_FUNCTION_LINES = 60
#: Lists of facts rather than logic; they may be as long as the facts are.
TABLES = {"builtin", "tables", "countries", "names", "schema_data", "0001_first"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_opens_with_one_sentence_and_stays_short(path: Path) -> None:
    text = path.read_text("utf-8")
    opening = ast.get_docstring(ast.parse(text)) or ""
    first = opening.split("\n\n")[0]
    assert first.endswith((".", ":", "?")), f"{path} does not open with a sentence"
    if not any(word in path.stem for word in TABLES):
        assert len(text.splitlines()) <= MOST_LINES, f"{path} is too long; split it"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_stay_short(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
    ]
    assert not long, f"{path}: {', '.join(long)}"


def test_only_two_doors_catch_everything() -> None:
    broad = re.compile(r"except (Base)?Exception\b|except:")
    found = {str(p.relative_to(ROOT)) for p in MODULES if broad.search(p.read_text("utf-8"))}
    assert found <= {"connector/runner.py", "connector/cli/main.py"}, found


def test_help_is_quick_to_import() -> None:
    code = (
        "import sys; from connector.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'dbos', 'sqlalchemy', 'hubspot', 'simple_salesforce', 'pydantic', 'rich',"
        " 'jinja2', 'ruamel'}\n"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr == ""
    assert "Usage: leadrelay" in done.stdout


def test_nothing_committed_names_a_registry_or_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout.splitlines()
    words = re.compile(
        r"files\.python" + r"hosted|pypi\." + r"org|registry\.npm" + r"js|/wo" + r"rk/|/ro" + r"ot/"
    )
    found = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".json", ".cfg", ".sh", ""}:
            try:
                text = path.read_text("utf-8")
            except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
                continue
            if words.search(text):
                found.append(name)
    assert not found, found


#: Tests that open a ledger on SQLite whatever they are asked for, and what makes them do so.
ABOUT_SQLITE = {
    "tests/cli/test_running.py": "moves a ledger from each database to a file",
    "tests/engine/test_shards.py": "measured alone, beside the ledger whose parts are measured",
    "tests/security/test_doors.py": "the rights of the file",
    "tests/simulation/company.py": "makes its own file, or takes the URL it is given",
    "tests/store/test_database.py": "its settings, its file, its locks, its full disk",
    "tests/store/test_move.py": "moves a file to PostgreSQL and back",
    "tests/store/test_outbox_model.py": "the same model on each, with fewer examples on PostgreSQL",
    "tests/store/test_privacy.py": "no byte of an erased person in the file",
    "tests/stories/test_databases.py": "one loop on each, and the same comes of it",
    "tests/store/test_samples.py": "samples are files; their rows are poured into PostgreSQL",
}


def test_whatever_opens_a_ledger_in_a_test_does_so_on_both_databases() -> None:
    """All others take `new_ledger` or what stands on it, and run once on each."""
    named = re.compile(r"sqlite:///\{|open_ledger\(str\(")
    tests = (
        p for p in ROOT.glob("tests/**/*.py") if p.name not in ("conftest.py", "test_house.py")
    )
    found = {str(p.relative_to(ROOT)) for p in tests if named.search(p.read_text("utf-8"))}
    assert found == set(ABOUT_SQLITE)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_planted_mistake_names_code_that_is_there(mistake: Mistake) -> None:
    with planted(mistake.plant):
        pass
