"""Other points for scored rules, written into qualification.yaml; comments and order stay."""

from collections.abc import Sequence

from connector.core.problems import Place, Problem
from connector.core.reweighing import Reweighed
from connector.mapfiles.edit import set_value
from connector.mapfiles.yaml_text import Path, Plain, parse

FILE = "qualification.yaml"


def rewritten(text: str, changes: Sequence[Reweighed]) -> str | Problem:
    """The text with the points and caps of these rules, and with the points that their worked
    examples expect."""
    for one in changes:
        parsed, problems = parse(text, FILE)
        if parsed is None or problems:
            return problems[0]
        rule = _rule(parsed.value, one)
        if rule is None:
            return Problem(
                code="no-such-place",
                where=Place(file=FILE),
                what=f"there is no {one.part} rule '{one.rule}' to change",
                remedy="The file was changed since; run learn again.",
            )
        for path, value in _edits(*rule, one):
            edited = set_value(text, path, value, FILE)
            if isinstance(edited, Problem):
                return edited
            text = edited
    return text


def _rule(tree: Plain, one: Reweighed) -> tuple[Path, dict[str, Plain]] | None:
    score = tree.get("score") if isinstance(tree, dict) else None
    listed = score.get(one.part) if isinstance(score, dict) else None
    for number, rule in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(rule, dict) and rule.get("name") == one.rule:
            return ("score", one.part, number), rule
    return None


def _edits(at: Path, rule: dict[str, Plain], one: Reweighed) -> list[tuple[Path, Plain]]:
    found: list[tuple[Path, Plain]] = [((*at, "points"), one.after)]
    if one.at_most is not None:
        found.append(((*at, "at_most"), one.at_most[1]))
    examples = rule.get("examples")
    for number, example in enumerate(examples if isinstance(examples, list) else []):
        if isinstance(example, dict) and example.get("expect") == one.before:
            found.append(((*at, "examples", number, "expect"), one.after))
    return found
