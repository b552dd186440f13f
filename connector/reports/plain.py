"""A document as terminal text, Markdown, CSV and JSON."""

import csv
import io
import textwrap
from typing import Any

from connector.reports.columns import text_table
from connector.reports.document import (
    Block,
    Chart,
    Document,
    Figures,
    Section,
    Steps,
    Table,
    Text,
    columns_of,
    tables,
)
from connector.reports.inert import inert


def to_text(document: Document, width: int = 100) -> str:
    """For a terminal: charts become their words."""
    lines = [document.title, document.subtitle, ""]
    for section in document.sections:
        lines += [section.heading, "─" * min(width, len(section.heading))]
        before: Block | None = None
        for block in section.blocks:
            if before is not None and not (isinstance(block, Text) and isinstance(before, Text)):
                lines.append("")
            lines += _text_of(block, width)
            before = block
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _text_of(block: Block, width: int) -> list[str]:
    if isinstance(block, Text):
        return textwrap.wrap(block.text, width)
    if isinstance(block, Chart):
        return textwrap.wrap(block.words, width)
    if isinstance(block, Figures):
        return _figures(block, width)
    if isinstance(block, Steps):
        lines = []
        for position, (what, why) in enumerate(block.steps, 1):
            lines.append(f"{position}. {what}")
            lines += textwrap.wrap(why, width, initial_indent="   ", subsequent_indent="   ")
        return lines
    return [*text_table(block, width), *textwrap.wrap(block.note, width)]


def _figures(block: Figures, width: int) -> list[str]:
    """Label, number, and behind it what the number means."""
    left = max(len(f.label) for f in block.figures)
    right = max(len(f.value) for f in block.figures)
    indent = " " * (left + right + 4)
    lines = []
    for figure in block.figures:
        told = f"{figure.definition} {figure.detail}".strip()
        start = f"{figure.label.ljust(left)}  {figure.value.rjust(right)}  "
        lines += textwrap.wrap(
            start + told, width, subsequent_indent=indent, break_on_hyphens=False
        ) or [start.rstrip()]
    return lines


def to_markdown(document: Document) -> str:
    """For a wiki or a pull request: tables stay tables."""
    lines = [f"# {document.title}", "", document.subtitle, ""]
    for section in document.sections:
        lines += [f"## {section.heading}", ""]
        for block in section.blocks:
            lines += [*_markdown_of(block), ""]
    lines += [f"_{document.made_at:%Y-%m-%d %H:%M} UTC · {document.ruleset}_"]
    return "\n".join(lines) + "\n"


def _markdown_of(block: Block) -> list[str]:
    if isinstance(block, Table):
        if not block.rows:
            return [block.empty]
        right = columns_of(block.rows, len(block.columns))
        head = "| " + " | ".join(block.columns) + " |"
        rule = "|" + "|".join("---:" if number else "---" for number in right) + "|"
        body = ["| " + " | ".join(_bar_free(cell) for cell in row) + " |" for row in block.rows]
        return [head, rule, *body, *(["", block.note] if block.note else [])]
    if isinstance(block, Figures):
        return [f"- **{f.label}: {f.value}** {f.detail} – {f.definition}" for f in block.figures]
    if isinstance(block, Steps):
        return [f"{n}. **{what}** – {why}" for n, (what, why) in enumerate(block.steps, 1)]
    return [block.words if isinstance(block, Chart) else block.text]


def _bar_free(cell: object) -> str:
    return "" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ")


def to_csv(document: Document) -> str:
    """All tables, one behind the other, each under a line with its section's name."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for section, table in tables(document):
        writer.writerow([f"# {section.name or section.heading}"])
        writer.writerow(table.columns)
        writer.writerows([inert(cell) for cell in row] for row in table.rows)
        writer.writerow([])
    return out.getvalue()


def to_json(document: Document) -> dict[str, Any]:
    """The same content as plain values; charts are left out, since the tables hold their data."""
    return {
        "name": document.name,
        "title": document.title,
        "subtitle": document.subtitle,
        "made_at": document.made_at.isoformat(),
        "ruleset": document.ruleset,
        "rehearsal": document.rehearsal,
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    content: dict[str, Any] = {"heading": section.heading, "name": section.name}
    for block in section.blocks:
        if isinstance(block, Figures):
            content["figures"] = [
                {"label": f.label, "value": f.value, "definition": f.definition, "detail": f.detail}
                for f in block.figures
            ]
        elif isinstance(block, Table):
            rows = [dict(zip(block.columns, row, strict=True)) for row in block.rows]
            content.setdefault("tables", []).append({"note": block.note, "rows": rows})
        elif isinstance(block, Steps):
            content["steps"] = [{"what": what, "why": why} for what, why in block.steps]
        elif isinstance(block, Text):
            content.setdefault("text", []).append(block.text)
    return content
