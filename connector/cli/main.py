"""The command line's door: commands are found by name and imported only when they are used."""

import importlib
import os
import sys
from typing import Any

import click

from connector.core.errors import ConnectorError, OutcomeUnknown, Refused, StopTheRun, TryLater
from connector.runner import ExitCode, unwritable

#: name -> (module:attribute, one line of help, the part of `--help` it stands in)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("connector.cli.demo:demo", "Run the whole loop on both sandboxes.", "Start"),
    "sandbox": ("connector.cli.sandbox:sandbox", "Run HubSpot and Salesforce here.", "Start"),
    "init": ("connector.cli.init:init", "Write a starting set of files.", "Start"),
    "setup": ("connector.cli.setup:setup", "Make in both systems what the files need.", "Start"),
    "check": ("connector.cli.check:check", "Find every fault in the mapping files.", "Files"),
    "test": ("connector.cli.examples:test", "Run the examples in the mapping files.", "Files"),
    "diff": ("connector.cli.diff:diff", "Show what a change of the files changes.", "Files"),
    "blame": ("connector.cli.blame:blame", "Show how a definition changed, and why.", "Files"),
    "envelope": ("connector.cli.envelope:envelope", "Test words blindly.", "Files"),
    "plan": ("connector.cli.plan:plan", "Show each field that would be written, and why.", "Work"),
    "apply": ("connector.cli.apply:apply", "Carry out a kept plan exactly.", "Work"),
    "run": ("connector.cli.run:run", "Run one job once.", "Work"),
    "work": ("connector.cli.work:work", "Run the timetable until it is stopped.", "Work"),
    "receive": ("connector.cli.receive:receive", "Hear HubSpot's webhooks.", "Work"),
    "ledger": ("connector.cli.ledger:ledger", "Move the ledger, or let it forget.", "Work"),
    "health": ("connector.cli.health:health", "Say whether all is well, for containers.", "Watch"),
    "status": ("connector.cli.status:status", "Show jobs, backlog and what waits.", "Watch"),
    "explain": ("connector.cli.explain:explain", "Explain the decision on one person.", "Watch"),
    "lead": ("connector.cli.lead:lead", "Tell the whole story of one person.", "Watch"),
    "parked": ("connector.cli.parked:parked", "See and mend what waits for a person.", "Watch"),
    "hot": ("connector.cli.hot:hot", "List whom to call first.", "Watch"),
    "turns": ("connector.cli.turns:turns", "Show whose turn it was, and why.", "Watch"),
    "promises": ("connector.cli.promises:promises", "Show how every promise stands.", "Watch"),
    "centre": ("connector.cli.centre:centre", "Decide what waits for the lead centre.", "Work"),
    "dispute": ("connector.cli.dispute:dispute", "Contest a lead by the definition.", "Work"),
    "print": ("connector.cli.print:print_", "Print the contract or the RACI chart.", "Learn"),
    "audit": ("connector.cli.audit:audit", "Check that no passed lead is lost.", "Watch"),
    "conflicts": ("connector.cli.conflicts:conflicts", "Fields both sides changed.", "Watch"),
    "reconcile": ("connector.cli.reconcile:reconcile", "Compare both systems now.", "Watch"),
    "rollback": ("connector.cli.rollback:rollback", "Put back what one run wrote.", "Work"),
    "person": ("connector.cli.forget:person", "All that is held on one person.", "Work"),
    "forget": ("connector.cli.forget:forget", "Erase one person, on request.", "Work"),
    "export": ("connector.cli.export:export", "Write journeys and metrics as files.", "Learn"),
    "backtest": ("connector.cli.backtest:backtest", "Try other files on the history.", "Learn"),
    "learn": ("connector.cli.learn:learn", "What predicts, and which points it asks for.", "Learn"),
    "baseline": ("connector.cli.baseline:baseline", "Targets that the past bears out.", "Learn"),
    "replay": ("connector.cli.replay:replay", "Take a past run's decisions again.", "Learn"),
    "alarms": ("connector.cli.alarms:alarms", "Test conversion rates for a shift.", "Learn"),
    "decide-change": (
        "connector.cli.decide_change:decide_change",
        "Note an adopted change and its review.",
        "Learn",
    ),
    "report": ("connector.cli.report:report", "Print a report.", "Learn"),
    "completion": ("connector.cli.completion:completion", "Print shell completion.", "Start"),
}


class LazyGroup(click.Group):
    """A group whose commands are named in COMMANDS, so that `--help` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            message = f"There is no command '{args[0]}'. Did you mean '{near[0]}'?"
            raise click.UsageError(message, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, (_, help_line, section) in COMMANDS.items():
            sections.setdefault(section, []).append((name, help_line))
        for section in ("Start", "Files", "Work", "Watch", "Learn"):
            if section in sections:
                with formatter.section(section):
                    formatter.write_dl(sections[section])


EPILOG = """\b
Examples:
  leadrelay demo                          see the whole loop, no account needed
  leadrelay check                         find every fault in mappings/
  leadrelay run pull-leads                run a job once, as cron does
  leadrelay lead ada@example.com          why was she passed, and what came of it?

\b
Exit codes: 0 done, 1 something waits for a person, 2 files or configuration
wrong, 3 the other side is away, 70 a bug.
"""


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="leadrelay", prog_name="leadrelay")
def cli() -> None:
    """HubSpot and Salesforce, joined by one agreed set of files.

    Every passed lead is a commitment: why it was passed, to whom, by when it must be answered,
    what came of it, and what was learned.
    """


def main(args: list[str] | None = None) -> None:
    """Runs the command line and exits; a mistake becomes one clear message, never a traceback."""
    try:
        code = _run(args)
    except ConnectorError as error:
        click.echo(str(error), err=True)
        code = _exit_code(error)
    except KeyboardInterrupt:
        click.echo("\nInterrupted. The next run continues where this one stopped.", err=True)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = ExitCode.DONE
    except Exception as error:
        if isinstance(error, OSError) and (stop := unwritable(error)):
            click.echo(str(stop), err=True)
            sys.exit(int(_exit_code(stop)))
        if os.environ.get("LEADRELAY_TRACEBACK"):
            raise
        click.echo(_bug(error), err=True)
        code = ExitCode.BUG
    sys.exit(int(code))


def _exit_code(error: ConnectorError) -> ExitCode:
    if isinstance(error, StopTheRun):
        return ExitCode.CONFIGURATION if error.configuration else ExitCode.AWAY
    if isinstance(error, TryLater | OutcomeUnknown):
        return ExitCode.AWAY
    return ExitCode.ATTENTION if isinstance(error, Refused) else ExitCode.BUG


def _run(args: list[str] | None) -> int:
    try:
        result: Any = cli.main(args=args, standalone_mode=False, prog_name="leadrelay")
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return int(ExitCode.CONFIGURATION)
    return int(result) if isinstance(result, int) else int(ExitCode.DONE)


def _bug(error: Exception) -> str:
    """The class and the place; a foreign error's text could hold personal data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return (
        f"This is a bug in leadrelay: {type(error).__name__}{place}\n"
        "    Set LEADRELAY_TRACEBACK=1 for the whole trace (it may show personal data)."
    )


if __name__ == "__main__":
    main()
