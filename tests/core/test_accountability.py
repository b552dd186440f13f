"""The RACI chart covers what has to be done and decided, in whichever words."""

from connector.core.accountability import ACTIVITIES, activity_of, unanswered
from connector.core.rules.promises import RaciRow


def row(activity, accountable="sales_manager", **labels):
    return RaciRow(activity=activity, responsible=("rep",), accountable=accountable, labels=labels)


def test_a_row_is_known_by_its_name_or_its_words_in_any_language():
    assert activity_of(row("answer")) == "answer"
    assert activity_of(row("ANSWER a passed lead")) == "answer"
    assert activity_of(row("Answering", fr="répondre à un lead transmis")) == "answer"
    assert activity_of(row("Dance")) == "Dance"


def test_gaps_are_named_and_a_row_without_an_accountable_role_fills_none():
    chart = [row(activity) for activity in ACTIVITIES]
    assert unanswered(chart) == []
    assert unanswered([row("answer", ""), *chart[2:]]) == [*ACTIVITIES][:2]
    assert len(unanswered([row("answer", ""), row("dance")])) == len(ACTIVITIES)


def test_activities_have_words_in_both_languages_and_no_two_alike():
    for language in ("en", "fr"):
        texts = {labels[language].casefold() for labels in ACTIVITIES.values()}
        assert len(texts) == len(ACTIVITIES)
