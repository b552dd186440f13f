"""What the house promises about itself: opening sentences, sizes, layers, words."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
