"""Reference pages made from what they describe: commands, settings, the README's table."""

import re
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connector.cli.main import COMMANDS, cli
from connector.config import Config

ROOT = Path(__file__).parents[2]
WIDTH = 96
ABOUT = """# Command line

Made from the commands themselves. Results go to stdout, everything else to stderr; `--json` prints
the result as one JSON document. The configuration is `--config FILE`, else `$LEADRELAY_CONFIG`,
else `./config.toml`. [Exit codes](exit-codes.md) are the same everywhere.
"""
KINDS = {
    "str": "text",
    "int": "number",
    "bool": "true or false",
    "Path": "path",
    "SecretStr": "secret",
}


def between(text: str, name: str, content: str) -> str:
    """The text with what stands between <!-- name --> and <!-- /name --> replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert pattern.search(text), f"there is no <!-- {name} --> in it"
    return pattern.sub(lambda found: found[1] + content + found[2], text)


def command_table() -> str:
    """All commands by the parts of `--help`."""
    lines = ["| command | does |", "|---|---|"]
    sections = dict.fromkeys(section for _, _, section in COMMANDS.values())
    for wanted in sections:
        for name, (_, line, section) in COMMANDS.items():
            if section == wanted:
                lines.append(
                    f"| [`leadrelay {name}`](docs/reference/cli.md#leadrelay-{name}) | {line} |"
                )
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """The whole `--help` of every command and of its subcommands."""
    parts = [ABOUT]
    root = click.Context(
        cli,
        info_name="leadrelay",
        max_content_width=WIDTH,
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    for name in COMMANDS:
        command = cli.get_command(root, name)
        assert command is not None
        parts += _helps(command, name, root, level=2)
    return "\n".join(parts)


def _helps(command: click.Command, name: str, parent: click.Context, level: int) -> list[str]:
    context = click.Context(
        command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH
    )
    command._help_option = None  # click keeps the one of whoever asked first
    text = command.get_help(context)
    parts = [f"{'#' * level} {context.command_path}\n\n```\n{text}\n```\n"]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            parts += _helps(found, child, context, level + 1)
    return parts


def page_list() -> str:
    """All pages of docs/, by folder, with their own headings."""
    docs = ROOT / "docs"
    lines = []
    for page in sorted(docs.rglob("*.md"), key=lambda p: (str(p.parent), p.name)):
        if page != docs / "README.md":
            title = page.read_text("utf-8").splitlines()[0].lstrip("# ")
            name = page.relative_to(docs).as_posix()
            lines.append(f"- [{name}]({name}): {title}")
    return "\n".join(lines) + "\n"


def settings() -> dict[str, FieldInfo]:
    """Every setting by its dotted name."""
    found: dict[str, FieldInfo] = {}
    for name, info in Config.model_fields.items():
        part = info.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            found |= {f"{name}.{inner}": i for inner, i in part.model_fields.items()}
        else:
            found[name] = info
    return found


def settings_table() -> str:
    """Section by section: setting, its kind, its default, its environment variable."""
    lines: list[str] = []
    section = None
    for name, info in settings().items():
        part, _, setting = name.rpartition(".")
        if part != section:
            section = part
            lines += ["", f"### {part or 'At the top'}", ""]
            lines += ["| setting | is | default | environment |", "|---|---|---|---|"]
        variable = "LEADRELAY_" + name.upper().replace(".", "__")
        lines.append(
            f"| `{setting}` | {_kind(info.annotation)} | {_default(info)} | `{variable}` |"
        )
    return "\n".join(lines).lstrip("\n") + "\n"


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type):
        return KINDS.get(annotation.__name__, "table")
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    inner = [a for a in get_args(annotation) if a is not type(None)]
    if inner and all(isinstance(a, str) for a in inner):
        return " or ".join(f'`"{a}"`' for a in inner)
    return _kind(inner[0]) if len(inner) == 1 else "table"


def _default(info: FieldInfo) -> str:
    default = info.default
    if info.default_factory is not None or default is None:
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int | float):
        return f"`{default}`"
    return f'`"{default}"`'
