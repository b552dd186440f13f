"""`leadrelay envelope`: the blind test of whether a word means the same to everybody."""

import json
import os
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli.show import print_json, print_table, say
from connector.core.errors import StopTheRun
from connector.core.rules.vocabulary import label
from connector.runner import ExitCode

if TYPE_CHECKING:
    from connector.core.envelope import Ballot, Case, TermScore

EPILOG = """\b
Examples:
  leadrelay envelope new spring mql sql   a round on two words, with a form to print
  leadrelay envelope answer spring --team sales
  leadrelay envelope score spring         agreement, clashing words, and earlier rounds
"""
SAID = {
    "en": {
        "title": "What do you call it? Round",
        "nobody": "No name, please. Team: ____________",
        "is": "{word}: is this one?",
        "yes": "yes",
        "no": "no",
        "unsure": "not sure",
        "thanks": "Thank you. Your answer is in the envelope.",
    },
    "fr": {
        "title": "Comment l'appelez-vous ? Tour",
        "nobody": "Sans nom, s'il vous plaît. Équipe : ____________",
        "is": "{word} : en est-ce un cas ?",
        "yes": "oui",
        "no": "non",
        "unsure": "je ne sais pas",
        "thanks": "Merci. Votre réponse est dans l'enveloppe.",
    },
}


@click.group(epilog=EPILOG)
def envelope() -> None:
    """Test blindly whether a word means the same to everybody.

    Everyone judges the same cases without seeing the others' answers. An answer keeps the team
    and nothing else: no name, no time, a file name from dice.
    """


def folder_option(command: Any) -> Any:
    """Where the rounds are kept."""
    return click.option(
        "--folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("envelopes"),
        show_default=True,
        help="Folder of all rounds.",
    )(command)


@envelope.command()
@click.argument("name")
@click.argument("terms", nargs=-1)
@folder_option
@click.option("--language", type=click.Choice(["en", "fr"]), help="Default: as configured.")
@click.option("--config", "-c", "config_file", metavar="FILE", help="config.toml to use.")
def new(
    name: str,
    terms: tuple[str, ...],
    folder: Path,
    language: str | None,
    config_file: str | None,
) -> int:
    """Make a round NAME on TERMS (default: every term that has examples), with its form."""
    from connector.config import find_config, read_config
    from connector.core.envelope import cases
    from connector.wiring import Workbench

    if Path(name).name != name:
        raise click.UsageError("The name of a round is one word, not a path.")
    bench = Workbench(read_config(find_config(config_file)))
    ruleset, spoken = bench.ruleset, language or bench.config.reports.language
    known = ruleset.vocabulary.terms
    unknown = [term for term in terms if term not in known]
    if unknown:
        raise click.UsageError(f"There is no term '{unknown[0]}'. Terms: {', '.join(known)}.")
    chosen = terms or tuple(n for n, t in known.items() if t.examples or t.counter_examples)
    asked = cases(ruleset.vocabulary, chosen, name, spoken)
    here = folder / name
    if here.exists():
        raise click.UsageError(f"The round '{name}' is there already.")
    (here / "answers").mkdir(parents=True)
    content = {
        "round": name,
        "made_at": bench.clock.now().isoformat(),
        "language": spoken,
        "ruleset": ruleset.hash,
        "words": {term: label(known[term].labels, spoken, _plain(term)) for term in chosen},
        "cases": [{"term": c.term, "text": c.text, "is_one": c.is_one} for c in asked],
    }
    (here / "round.json").write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
    (here / "form.md").write_text(_form(content), "utf-8")
    click.echo(f"{here}: {len(asked)} cases on {len(chosen)} words")
    say(f"Print {here / 'form.md'}, or let each person run: leadrelay envelope answer {name}")
    return int(ExitCode.DONE)


def _form(content: dict[str, Any]) -> str:
    """The sheet to print: the cases by word, each with three boxes, and no place for a name."""
    said = SAID[content["language"]]
    boxes = "  ".join(f"[ ] {said[answer]}" for answer in ("yes", "no", "unsure"))
    lines = [f"# {said['title']} {content['round']}", "", said["nobody"], ""]
    term = ""
    for number, case in enumerate(content["cases"], start=1):
        if case["term"] != term:
            lines += [""] if term else []
            term = case["term"]
            lines += [f"## {said['is'].format(word=content['words'][term])}", ""]
        lines.append(f"{number}. {case['text']}  {boxes}")
    return "\n".join([*lines, ""])


def _plain(term: str) -> str:
    return term.replace("_", " ")


def _round(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name / "round.json"
    if not file.is_file():
        raise StopTheRun(f"there is no round '{name}' in {folder}")
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def _cases(content: dict[str, Any]) -> "tuple[Case, ...]":
    from connector.core.envelope import Case

    return tuple(Case(**case) for case in content["cases"])


@envelope.command()
@click.argument("name")
@click.option("--team", required=True, help="The team that you belong to.")
@click.option("--answers", help="All answers at once, in order: y, n or u; e.g. yynuy.")
@folder_option
def answer(name: str, team: str, answers: str | None, folder: Path) -> int:
    """Answer the round NAME: each case with yes, no or unsure. Nobody learns who you are."""
    from connector.core.envelope import Answer

    letters = {"y": Answer.YES, "n": Answer.NO, "u": Answer.UNSURE}
    content = _round(folder, name)
    said, asked = SAID[content["language"]], content["cases"]
    if answers is None:
        given = [
            click.prompt(
                f"{said['is'].format(word=content['words'][case['term']])} {case['text']}",
                type=click.Choice(list(letters)),
            )
            for case in asked
        ]
    else:
        given = list(answers.lower())
    if len(given) != len(asked) or set(given) - set(letters):
        raise click.UsageError(f"{len(asked)} answers are asked for, each y, n or u.")
    file = folder / name / "answers" / f"{os.urandom(8).hex()}.json"
    file.write_text(
        json.dumps({"team": team, "answers": [letters[letter] for letter in given]}), "utf-8"
    )
    os.utime(file, (0, 0))  # the moment would tell who it was
    click.echo(said["thanks"])
    return int(ExitCode.DONE)


@envelope.command()
@click.argument("name")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def score(name: str, folder: Path, as_json: bool) -> int:
    """Open the envelopes of the round NAME: agreement, clashing words, and earlier rounds."""
    from connector.core.envelope import score as score_round

    content, ballots = _round(folder, name), _ballots(folder, name)
    if len(ballots) < 2:
        raise StopTheRun(
            f"the round '{name}' has {len(ballots)} answer(s)\n    Two are needed to compare; "
            "three or more keep them anonymous."
        )
    scores = score_round(_cases(content), ballots)
    earlier = {
        other["round"]: {one.term: one for one in score_round(_cases(other), others)}
        for other in _rounds(folder)
        if other["made_at"] < content["made_at"]
        if len(others := _ballots(folder, other["round"])) >= 2
    }
    if as_json:
        print_json({"round": name, "ballots": len(ballots), "words": _tree(scores, earlier)})
        return int(ExitCode.DONE)
    rows = [
        (
            content["words"][one.term],
            _percent(one.agreement),
            _percent(one.right),
            "talk about it" if one.clashes else "not as written" if one.strays else "",
            ", ".join(
                f"{other}: {_percent(words[one.term].agreement)}"
                for other, words in earlier.items()
                if one.term in words
            ),
        )
        for one in scores
    ]
    print_table(("word", "agreement", "as agreed", "", "earlier rounds"), rows)
    for one in scores:
        for text in one.split:
            click.echo(f"Teams differ on {content['words'][one.term]}: {text}")
    open_ = any(one.clashes or one.strays for one in scores)
    return int(ExitCode.ATTENTION if open_ else ExitCode.DONE)


def _rounds(folder: Path) -> list[dict[str, Any]]:
    """Oldest first."""
    names = [file.parent.name for file in folder.glob("*/round.json")]
    return sorted((_round(folder, name) for name in names), key=itemgetter("made_at"))


def _ballots(folder: Path, name: str) -> "list[Ballot]":
    from connector.core.envelope import Answer, Ballot

    found = []
    for file in sorted((folder / name / "answers").glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        answers = {n: Answer(text) for n, text in enumerate(content["answers"], start=1)}
        found.append(Ballot(team=content["team"], answers=answers))
    return found


def _tree(
    scores: "list[TermScore]", earlier: "dict[str, dict[str, TermScore]]"
) -> list[dict[str, Any]]:
    return [
        {
            "word": one.term,
            "agreement": one.agreement,
            "as_agreed": one.right,
            "clashes": one.clashes,
            "not_as_written": one.strays,
            "teams_differ_on": list(one.split),
            "earlier": {
                other: words[one.term].agreement
                for other, words in earlier.items()
                if one.term in words
            },
        }
        for one in scores
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"
