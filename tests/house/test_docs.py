"""The documentation is held to the code; LEADRELAY_REWRITE=1 writes what is made anew."""

import os
import re
from pathlib import Path

import pytest

from connector.cli.main import COMMANDS
from connector.core.events import EventKind
from connector.core.plan import ActionKind, ActionState
from connector.core.rules.vocabulary import DispositionMeaning, StageMeaning
from connector.runner import OUTCOMES, ExitCode
from tests.house import references

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")


def kept(file: Path, text: str) -> None:
    if os.environ.get("LEADRELAY_REWRITE"):
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text, f"{file.name} is behind (LEADRELAY_REWRITE=1 mends it)"


def test_the_readme_shows_every_command() -> None:
    file = ROOT / "README.md"
    text = references.between(file.read_text("utf-8"), "commands", references.command_table())
    kept(file, text)
    for name in COMMANDS:
        assert f"leadrelay {name}" in text


def test_the_reference_of_the_command_line_is_what_the_commands_say() -> None:
    kept(ROOT / "docs" / "reference" / "cli.md", references.cli_page())


def test_the_reference_of_the_settings_is_what_the_configuration_reads() -> None:
    file = ROOT / "docs" / "reference" / "config.md"
    text = references.between(file.read_text("utf-8"), "settings", references.settings_table())
    kept(file, text)


@pytest.mark.parametrize("name", sorted(references.settings()))
def test_the_example_explains_every_setting(name: str) -> None:
    section, _, setting = name.rpartition(".")
    text = (ROOT / "config.example.toml").read_text("utf-8")
    part = text.partition(f"[{section}]")[2].partition("\n[")[0] if section else text
    if setting == "timetable":
        assert "[timetable]" in text
        return
    assert re.search(rf"^#? ?{setting}(_file)? = |\b{setting}\b", part, re.MULTILINE), name


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *(kind.value for kind in EventKind),
            *(kind.value for kind in ActionKind),
            *(state.value for state in ActionState),
            *(meaning.value for meaning in StageMeaning),
            *(meaning.value for meaning in DispositionMeaning),
            *OUTCOMES.values(),
        }
    ),
)
def test_the_glossary_holds_every_word(word: str) -> None:
    text = (ROOT / "docs" / "reference" / "glossary.md").read_text("utf-8")
    assert re.search(rf"^\| `{word}` \|", text, re.MULTILINE), f"the glossary lacks {word}"


@pytest.mark.parametrize("code", list(ExitCode))
def test_every_exit_code_is_explained(code: ExitCode) -> None:
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    assert f"| {int(code)} | `{OUTCOMES[code]}` |" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target, anchor in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor[1:] in anchors(file), f"{page.name} links to {target}{anchor}"


def anchors(file: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.casefold()).replace(" ", "-") for head in heads}


def test_the_index_lists_every_page() -> None:
    file = ROOT / "docs" / "README.md"
    kept(file, references.between(file.read_text("utf-8"), "pages", references.page_list()))
