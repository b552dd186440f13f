"""Reports on their way to people: by e-mail, on demand and when due; as PDF; and decisions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from connector.adapters.notify.smtp import Security
from connector.config import Config
from connector.runner import run_job
from connector.wiring import Workbench
from jobs.closed_loop import JOB
from tests.adapters.test_notify import Inbox, mail_server
from tests.cli.test_outputs import Run, run, story  # noqa: F401
from tests.stories.conftest import Story

LETTERS = (
    {"report": "meeting", "every": "fortnight", "to": ["head_of_sales", "head_of_marketing"]},
    {"report": "recycle", "every": "day", "to": ["marketer"], "language": "fr"},
)


class Post:
    """A running mail server, and what arrived there."""

    def __init__(self, inbox: Inbox, port: int) -> None:
        self.inbox, self.port = inbox, port

    def taken(self) -> list[EmailMessage]:
        """What arrived since the last time."""
        letters, self.inbox.letters = self.inbox.letters, []
        return letters

    def bench(self, story: Story, **more: object) -> Workbench:  # noqa: F811
        mail = {"host": "127.0.0.1", "port": self.port, "security": "none"}
        folder = str(story.bench.config.reports.folder)
        return story.new_bench(mail=mail, reports={"folder": folder, "mail": LETTERS}, **more)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    inbox = Inbox()
    with mail_server(inbox, tmp_path, Security.NONE) as server:
        yield Post(inbox, server.port)


def addresses(letters: list[EmailMessage]) -> list[tuple[str, str]]:
    return sorted((str(one["To"]).split("@")[0], str(one["Subject"])) for one in letters)


def test_reports_are_mailed_once_a_period(story: Story, post: Post) -> None:  # noqa: F811
    story.world.clock.set(datetime(2026, 3, 10, 6, tzinfo=UTC))
    assert run_job(JOB, post.bench(story)).outcome == "done"
    [first, second, daily] = sorted(post.taken(), key=lambda one: str(one["To"]))
    assert [str(one["To"]).split("@")[0] for one in (first, second, daily)] == [
        *("claire.moreau", "jonas.brandt", "tom.eriksen"),
    ]
    assert str(first["Subject"]).startswith("Meeting pack · Northlight")
    assert "2026-02-23 – 2026-03-08" in str(first["Subject"])  # the fortnight that is over
    assert "2026-03-09 – 2026-03-09" in str(daily["Subject"])
    assert str(daily["Subject"]).startswith("Rapport de recyclage")
    page, plain = daily.get_body(("html",)), first.get_body(("plain",))
    assert page is not None
    assert plain is not None
    assert '<html lang="fr">' in page.get_content()
    assert "What works" in plain.get_content()
    assert " " not in str(first["Message-ID"])
    assert first["Message-ID"] != second["Message-ID"]
    assert run_job(JOB, post.bench(story)).outcome == "done"
    assert post.taken() == []  # everybody has it
    story.world.clock.advance(timedelta(days=1))
    run_job(JOB, post.bench(story))
    assert [to for to, _ in addresses(post.taken())] == ["tom.eriksen"]


def test_who_cannot_be_reached_holds_nobody_up(story: Story, post: Post) -> None:  # noqa: F811
    story.world.clock.set(datetime(2026, 3, 24, 6, tzinfo=UTC))
    post.inbox.refused, post.inbox.busy = {"claire.moreau"}, {"tom.eriksen"}
    ended = run_job(JOB, post.bench(story))
    assert ended.outcome == "attention"
    assert (ended.totals.parked, ended.totals.waiting) == (1, 1)
    assert [to for to, _ in addresses(post.taken())] == ["jonas.brandt"]
    [parked] = [s for s in story.bench.ledger.parked() if s.action.record_kind == "report"]
    assert parked.action.problem is not None
    assert "claire" not in str(parked.action.problem)  # whose address it is stays out of the list
    post.inbox.busy = set()
    ended = run_job(JOB, post.bench(story))
    assert (ended.outcome, ended.totals.parked) == ("done", 0)  # refused once is enough
    assert [to for to, _ in addresses(post.taken())] == ["tom.eriksen"]


def test_a_rehearsal_mails_nobody(story: Story, post: Post) -> None:  # noqa: F811
    story.world.clock.set(datetime(2026, 4, 7, 6, tzinfo=UTC))
    run_job(JOB, post.bench(story, mode="rehearse"))
    assert post.taken() == []


def test_a_role_that_nobody_has_is_told(story: Story, post: Post) -> None:  # noqa: F811
    wrong = {"report": "stock", "every": "day", "to": ["head_of_nothing"]}
    bench = post.bench(story)
    config = Config(**bench.config.model_dump() | {"reports": {"mail": [wrong]}})
    ended = run_job(JOB, Workbench(config, clock=story.world.clock))
    assert (ended.exit_code, "head_of_nothing" in ended.message) == (2, True)


def test_a_report_is_mailed_on_demand(
    run: Run,  # noqa: F811
    story: Story,  # noqa: F811
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADRELAY_MAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("LEADRELAY_MAIL__PORT", str(post.port))
    monkeypatch.setenv("LEADRELAY_MAIL__SECURITY", "none")
    done = run("report", "funnel", "--mail", "head_of_sales", "--mail", "head_of_marketing")
    assert (done.code, done.err.strip()) == (0, "Sent to 2 people")
    assert [to for to, _ in addresses(post.taken())] == ["claire.moreau", "jonas.brandt"]
    done = run("report", "funnel", "--mail", "nobody")
    assert (done.code, "Nobody in people.yaml has the role 'nobody'" in done.err) == (2, True)


def test_a_report_is_a_pdf(run: Run, tmp_path: Path) -> None:  # noqa: F811
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    assert run("report", "meeting", "--format", "pdf").code == 2  # a PDF needs a file
    file = tmp_path / "pack.pdf"
    assert run("report", "meeting", "--format", "pdf", "--out", str(file)).code == 0
    made = file.read_bytes()
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert len(made) > 10_000


def test_an_adopted_change_is_judged_in_the_pack(run: Run, story: Story) -> None:  # noqa: F811
    rate = ("--rate", "passed:accepted", "--by", "claire")
    day = f"{story.world.clock.now() + timedelta(days=30):%Y-%m-%d}"
    done = run("decide-change", "Fairs need a budget", "--review", day, *rate)
    assert (done.code, day in done.err) == (0, True)
    assert run("decide-change", "x", "--review", "2020-01-01").code == 2
    assert run("decide-change", "x", "--review", day, "--rate", "passed:nothing").code == 2
    text = run("report", "meeting", "--format", "markdown").out
    [line] = [line for line in text.splitlines() if "Fairs need a budget" in line]
    assert f"| {day} |" in line
    story.world.clock.advance(timedelta(days=31))
    text = run("report", "quarterly", "--format", "markdown").out
    [line] = [line for line in text.splitlines() if "Fairs need a budget" in line]
    assert f"| {day} ▲ |" in line  # the review is due
    assert "passed → accepted" in line


def test_every_report_is_on_disk(story: Story) -> None:  # noqa: F811
    folder = story.bench.config.reports.folder
    names = {file.stem for file in folder.glob("*.html")}
    assert names == {file.stem for file in folder.glob("*.csv")}
    wanted = {
        "recycle",
        "funnel",
        "promises",
        "follow-up",
        "sources",
        "stock",
        "meeting",
        "quarterly",
    }
    assert names == wanted


@pytest.mark.parametrize(
    ("period", "days"), [("day", 1), ("week", 7), ("month", 30), ("quarter", 91)]
)
def test_a_report_is_daily_weekly_monthly_or_quarterly(
    run: Run,  # noqa: F811
    story: Story,  # noqa: F811
    period: str,
    days: int,
) -> None:
    done = run("report", "funnel", "--period", period, "--language", "fr", "--format", "markdown")
    today = story.world.clock.now().date()
    assert f"{today - timedelta(days=days - 1)} – {today}" in done.out
    assert "Qualifiés marketing" in done.out
