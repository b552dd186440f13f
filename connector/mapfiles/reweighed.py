"""Other points for scored rules, written into qualification.yaml; comments and order stay."""

from collections.abc import Sequence
from datetime import timedelta

from connector.core.problems import Place, Problem
from connector.core.reweighing import Reweighed
from connector.core.rules.qualification import ScoreRule
from connector.core.scoring import decayed
from connector.mapfiles.edit import set_value
from connector.mapfiles.shapes.common import read_duration
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
        if isinstance(example, dict) and "ago" in example:
            left = _left(rule, example["ago"], one)
            if left != example.get("expect"):
                found.append(((*at, "examples", number, "expect"), left))
        elif isinstance(example, dict) and example.get("expect") == one.before:
            found.append(((*at, "examples", number, "expect"), one.after))
    return found


def _left(rule: dict[str, Plain], ago: Plain, one: Reweighed) -> int:
    """What is left of the new points after some time."""
    most = one.at_most[1] if one.at_most is not None else rule.get("at_most")
    weighed = ScoreRule(
        name=one.rule,
        points=one.after,
        half_life_days=_days(rule["half_life"]) if "half_life" in rule else None,
        at_most=most if isinstance(most, int) else None,
    )
    return round(
        decayed(weighed, [_days(age) for age in (ago if isinstance(ago, list) else [ago])])
    )


def _days(text: object) -> float:
    span = read_duration(text)
    return span / timedelta(days=1) if isinstance(span, timedelta) else 0.0
