from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.conditions import compile_condition
from connector.core.panels import Panel
from connector.core.rules.conditions import ALWAYS, Any, Clause, Not, Operator
from tests.core.condition_strategies import conditions, facts, values

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@given(st.lists(conditions(), max_size=5), facts())
@settings(deadline=None)
def test_a_panel_says_what_each_condition_says_alone(given_, known):
    compiled = [compile_condition(one) for one in given_]
    panel = Panel(compiled)
    holds, verdicts = panel.ask(known, NOW)
    assert holds == tuple(one.holds(known, NOW) for one in compiled)
    for index, one in enumerate(compiled):
        assert panel.explain(index, known, verdicts) == one.explain(known, NOW)


@given(st.sampled_from(Operator), values() | st.tuples(values(), values()), values() | st.floats())
@settings(max_examples=2000, deadline=None)
def test_every_operator_on_every_value_is_the_same_as_alone(operator, wanted, value):
    compiled = compile_condition(Clause("f", operator, wanted))
    for known in ({"f": value}, {}):
        assert Panel([compiled]).ask(known, NOW)[0] == (compiled.holds(known, NOW),)


def test_names_and_words_are_data_never_code():
    odd = "'); raise SystemExit(1) #\n\"\\"
    compiled = compile_condition(Clause(odd, Operator.CONTAINS, odd))
    assert Panel([compiled]).ask({odd: f"x{odd}x"}, NOW)[0] == (True,)


def test_the_same_clause_is_asked_once():
    clause = Clause("n", Operator.AT_LEAST, 5)
    panel = Panel([compile_condition(clause), compile_condition(Not(clause))])
    assert panel.ask({"n": 7}, NOW) == ((True, False), (True,))
    assert panel.clauses == 2


def test_empty_conditions():
    panel = Panel([compile_condition(ALWAYS), compile_condition(Any(()))])
    assert panel.ask({}, NOW) == ((True, False), ())
    assert Panel([]).ask({}, NOW) == ((), ())
