"""Defined terms inside conditions: a clause on a term becomes the term's own condition."""

from collections.abc import Mapping

from connector.core.rules.conditions import All, Any, Clause, Condition, Not, Operator
from connector.core.rules.vocabulary import Term, Vocabulary


def definitions(vocabulary: Vocabulary) -> dict[str, Condition]:
    """The terms that are defined by a condition, by name."""
    return {
        name: term.true_when
        for name, term in vocabulary.terms.items()
        if isinstance(term, Term) and term.true_when is not None
    }


def expand(condition: Condition, terms: Mapping[str, Condition]) -> Condition:
    """Puts definitions in place of clauses such as `target_account: {is: true}`.

    `is: false`, `is_not: true` and `present: false` become the opposite. A term that leads back
    to itself is left as it is: a fact of that name, which nobody supplies, never holds.
    """
    return _expanded(condition, terms, ()) if terms else condition


def _expanded(
    condition: Condition, terms: Mapping[str, Condition], inside: tuple[str, ...]
) -> Condition:
    if isinstance(condition, Clause):
        name = condition.field
        if name not in terms or name in inside:
            return condition
        meaning = _expanded(terms[name], terms, (*inside, name))
        return meaning if _asks_for_truth(condition) else Not(meaning)
    if isinstance(condition, Not):
        return Not(_expanded(condition.part, terms, inside))
    parts = tuple(_expanded(part, terms, inside) for part in condition.parts)
    return All(parts) if isinstance(condition, All) else Any(parts)


def _asks_for_truth(clause: Clause) -> bool:
    opposite = clause.operator in (Operator.IS_NOT, Operator.NOT_IN)
    wanted = clause.wanted
    named = wanted[0] if isinstance(wanted, tuple) and wanted else wanted
    return (named is not False) is not opposite
