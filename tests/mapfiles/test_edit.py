"""Edits say what was asked, keep every comment, and leave all other bytes alone."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.problems import Problem
from connector.mapfiles.edit import append, flow, set_value
from connector.mapfiles.yaml_text import Plain, parse

MAPPINGS = Path(__file__).parents[2] / "mappings"
ROUTES = """# who gets a lead
rules:
  - name: Germany      # the old market
    when: {country: DE}
    to: {team: north}
    examples:
      - {given: {country: DE}, expect: match}   # the obvious one

  # the new market
  - name: France
    when:
      country: FR
      employees: {at_least: 500}  # for now
    to: {team: south}
fallback: {queue: desk}
"""


def value_of(text: str) -> Plain:
    parsed, problems = parse(text, "f")
    assert not problems
    assert parsed is not None
    return parsed.value


def test_a_scalar_is_replaced_in_its_place() -> None:
    text = set_value(ROUTES, ("rules", 1, "when", "employees", "at_least"), 250)
    assert text == ROUTES.replace("500", "250")


def test_a_word_that_reads_like_something_else_is_quoted() -> None:
    text = set_value(ROUTES, ("rules", 1, "when", "country"), "null")
    assert text == ROUTES.replace("country: FR", 'country: "null"')


def test_a_block_is_replaced_as_a_whole() -> None:
    text = set_value(ROUTES, ("rules", 1, "when"), {"country": ["FR", "BE"]})
    assert text == ROUTES.replace(
        """    when:
      country: FR
      employees: {at_least: 500}  # for now
""",
        "    when: {country: [FR, BE]}  # for now\n",
    )


def test_a_key_is_added_below_the_others_and_inside_braces() -> None:
    below = set_value(ROUTES, ("rules", 0, "kind"), "territory")
    assert isinstance(below, str)
    assert below == ROUTES.replace(
        "# the obvious one\n", "# the obvious one\n    kind: territory\n"
    )
    inside = set_value(ROUTES, ("fallback", "note"), "a, b")
    assert inside == ROUTES.replace("{queue: desk}", '{queue: desk, note: "a, b"}')


def test_an_example_is_appended_behind_the_last_one() -> None:
    example: Plain = {"given": {"country": "AT"}, "expect": "no match"}
    text = append(ROUTES, ("rules", 0, "examples"), example)
    line = "      - {given: {country: AT}, expect: no match}\n"
    assert text == ROUTES.replace("# the obvious one\n", f"# the obvious one\n{line}")


def test_a_rule_without_examples_gets_its_first() -> None:
    example: Plain = {"given": {"country": "FR"}, "expect": "match"}
    text = append(ROUTES, ("rules", 1, "examples"), example)
    added = "    examples:\n      - {given: {country: FR}, expect: match}\n"
    assert text == ROUTES.replace("{team: south}\n", f"{{team: south}}\n{added}")


def test_a_long_example_is_written_below_one_another() -> None:
    given: Plain = {f"field_{number}": "a value of some length" for number in range(5)}
    text = append(ROUTES, ("rules", 0, "examples"), {"given": given, "expect": "match"})
    assert isinstance(text, str)
    assert "\n      - given: {field_0: a value of some length" in text
    assert "\n        expect: match\n" in text


def test_a_place_that_is_gone_is_a_problem() -> None:
    for path in (("rules", 7, "name"), ("rules", 0, "when", "x", "y"), ("nothing", 1)):
        found = set_value(ROUTES, path, "x", "mappings/routing.yaml")
        assert isinstance(found, Problem)
        assert found.code == "no-such-place"
        assert found.where.file == "mappings/routing.yaml"
    assert isinstance(append(ROUTES, ("fallback",), "x"), Problem)
    assert isinstance(set_value("a: [", ("a",), 1), Problem)


def test_what_others_share_is_not_changed_behind_their_back() -> None:
    text = "a: &x [1]\nb: *x\nc: 2\n"
    for path in (("a",), ("b",)):
        found = append(text, path, 3)
        assert isinstance(found, Problem)
        assert found.code == "shared-value"
    assert set_value(text, ("c",), 4) == "a: &x [1]\nb: *x\nc: 4\n"


def test_the_last_line_may_lack_its_end() -> None:
    assert append("a:\n  - 1", ("a",), 2) == "a:\n  - 1\n  - 2\n"
    assert append("a: []", ("a",), 2) == "a: [2]"
    assert append("a:\n", ("a",), 2) == "a: [2]\n"
    assert set_value("a: |\n  one\n  two\nb: 1\n", ("a",), "x") == "a: x\nb: 1\n"


def test_every_shipped_rule_can_take_another_example() -> None:
    text = (MAPPINGS / "routing.yaml").read_text(encoding="utf-8")
    before = text.splitlines()
    for number in range(7):
        edited = append(text, ("rules", number, "examples"), {"given": {}, "expect": "no match"})
        assert isinstance(edited, str)
        after = edited.splitlines()
        assert len(after) == len(before) + 1
        assert [line for line in after if line not in before] == [
            "      - {given: {}, expect: no match}"
        ]


words = st.text(max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(plain)
def test_whatever_is_written_reads_back_the_same(value: Plain) -> None:
    assert value_of(f"a: {flow(value)}\n") == {"a": value}


@settings(deadline=None, max_examples=150)
@given(plain, st.sampled_from([("fallback",), ("rules", 0, "when"), ("rules", 1, "name")]))
def test_an_edit_changes_nothing_else(value: Plain, path: tuple[str | int, ...]) -> None:
    edited = set_value(ROUTES, path, value)
    if isinstance(edited, Problem):
        return
    assert edited.count("#") >= ROUTES.count("#") - 1
    holder = value_of(edited)
    for step in path:
        holder = holder[step]  # type: ignore[index,call-overload]
    assert holder == value
