"""`leadrelay report`: the reports, in the format and the language that is wanted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.show import common, say, width
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.reports.document import Document, Period
    from connector.wiring import Workbench

FORMATS = ("text", "html", "csv", "json", "markdown", "pdf")
NAMES = (
    *("recycle", "funnel", "promises", "follow-up"),
    *("sources", "stock", "meeting", "quarterly"),
)
DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 91, "year": 365}
USUAL = {"meeting": "fortnight", "quarterly": "quarter"}
EPILOG = """\b
Examples:
  leadrelay report recycle                          the last 30 days, here
  leadrelay report recycle --format html --out recycle.html
  leadrelay report follow-up                        next steps, missing notes, last contacts
  leadrelay report meeting --format pdf --out pack.pdf
  leadrelay report meeting --mail head_of_sales --mail head_of_marketing   (in a timetable)
  leadrelay report funnel --since 2026-07-01 --until 2026-10-01 --format csv
"""


@click.command(epilog=EPILOG)
@click.argument("name", type=click.Choice(NAMES))
@click.option("--period", type=click.Choice(list(DAYS)))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day, in UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Day after the last one.")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text")
@click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Write to a file.")
@click.option("--mail", multiple=True, metavar="ROLE", help="Send it to everybody in a role.")
@common
def report(
    name: str,
    period: str | None,
    since: datetime | None,
    until: datetime | None,
    form: str,
    language: str | None,
    out: Path | None,
    mail: tuple[str, ...],
    config_file: str | None,
    as_json: bool,
) -> int:
    """Print a report, write it to a file, or send it by e-mail."""
    from connector.config import find_config, read_config
    from connector.wiring import Workbench

    bench = Workbench(read_config(find_config(config_file)))
    from connector.gathering import make

    span = _span(bench.clock.now(), period or USUAL.get(name, "month"), since, until)
    spoken = language or bench.config.reports.language
    document = make(bench, name, span, spoken)
    if mail:
        return _send(bench, document, mail)
    if form == "pdf":
        return _pdf(document, out)
    text = render(document, "json" if as_json else form)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
        say(f"Written to {out}")
    else:
        click.echo(text, nl=not text.endswith("\n"))
    return int(ExitCode.DONE)


def _pdf(document: "Document", out: Path | None) -> int:
    from connector.reports.pdf import to_pdf

    if out is None:
        raise click.UsageError("A PDF needs a file: add --out FILE.")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(to_pdf(document))
    say(f"Written to {out}")
    return int(ExitCode.DONE)


def _send(bench: "Workbench", document: "Document", roles: tuple[str, ...]) -> int:
    from connector.mailing import letter, people_of

    known = {person.role for person in bench.ruleset.people.persons.values()}
    for role in roles:
        if role not in known:
            raise click.UsageError(f"Nobody in people.yaml has the role '{role}'.")
    told = people_of(bench.ruleset, roles)
    for person in told:
        bench.notifier.send(letter(document, person, f"{document.name} {document.made_at}"))
    say(f"Sent to {len(told)} people")
    return int(ExitCode.DONE)


def render(document: "Document", form: str) -> str:
    """A document in one of FORMATS."""
    import orjson

    from connector.reports.html import to_html
    from connector.reports.plain import to_csv, to_json, to_markdown, to_text

    def as_json(given: "Document") -> str:
        return orjson.dumps(to_json(given), option=orjson.OPT_INDENT_2).decode()

    renderers: dict[str, Callable[[Document], str]] = {
        "text": lambda given: to_text(given, width()),
        "html": to_html,
        "csv": to_csv,
        "markdown": to_markdown,
        "json": as_json,
    }
    return renderers[form](document)


def _span(now: datetime, period: str, since: datetime | None, until: datetime | None) -> "Period":
    from connector.reports.document import Period

    days = DAYS[period]
    end = _midnight(until.date()) if until else _midnight(now.date() + timedelta(days=1))
    start = _midnight(since.date()) if since else end - timedelta(days=days)
    if start >= end:
        raise click.UsageError("--since must be before --until.")
    return Period(since=start, until=end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
