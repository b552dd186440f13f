"""Clauses and gaps in words, in English and in French."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from connector.core.records import Value
from connector.core.rules.conditions import Operator
from connector.core.rules.vocabulary import Labels, label

Wanted = Value | tuple[Value, ...]

FACT_LABELS: Mapping[str, Labels] = {
    "score.total": {"en": "total score", "fr": "score total"},
    "score.fit": {"en": "fit score", "fr": "score de profil"},
    "score.intent": {"en": "intent score", "fr": "score d'intention"},
    "score.completeness": {"en": "completeness score", "fr": "score de complétude"},
    "bant.count": {"en": "BANT answers", "fr": "réponses BANT"},
    "bant.budget": {"en": "budget answer", "fr": "réponse sur le budget"},
    "bant.authority": {"en": "authority answer", "fr": "réponse sur la décision"},
    "bant.need": {"en": "need answer", "fr": "réponse sur le besoin"},
    "bant.timing": {"en": "timing answer", "fr": "réponse sur l'échéance"},
    "stage": {"en": "stage", "fr": "étape"},
    "cycle": {"en": "cycle", "fr": "cycle"},
    "temperature": {"en": "temperature", "fr": "température"},
}  #: of the facts that are no fields

_CLAUSES = {
    "en": {
        Operator.IS: "{field} is {wanted}",
        Operator.IS_NOT: "{field} is not {wanted}",
        Operator.IN: "{field} is {wanted}",
        Operator.NOT_IN: "{field} is not {wanted}",
        Operator.AT_LEAST: "{field} is at least {wanted}",
        Operator.AT_MOST: "{field} is at most {wanted}",
        Operator.ABOVE: "{field} is above {wanted}",
        Operator.BELOW: "{field} is below {wanted}",
        Operator.BETWEEN: "{field} is between {low} and {high}",
        Operator.PRESENT: "{field} is known",
        Operator.CONTAINS: "{field} contains {wanted}",
        Operator.CONTAINS_ANY: "{field} contains {wanted}",
        Operator.STARTS_WITH: "{field} starts with {wanted}",
        Operator.ENDS_WITH: "{field} ends with {wanted}",
        Operator.MATCHES: "{field} looks like {wanted}",
        Operator.WITHIN_DAYS: "{field} is within {wanted} days of today",
        Operator.OLDER_THAN_DAYS: "{field} is more than {wanted} days ago",
    },
    "fr": {
        Operator.IS: "{field} vaut {wanted}",
        Operator.IS_NOT: "{field} ne vaut pas {wanted}",
        Operator.IN: "{field} vaut {wanted}",
        Operator.NOT_IN: "{field} ne vaut pas {wanted}",
        Operator.AT_LEAST: "{field} : au moins {wanted}",
        Operator.AT_MOST: "{field} : au plus {wanted}",
        Operator.ABOVE: "{field} : plus de {wanted}",
        Operator.BELOW: "{field} : moins de {wanted}",
        Operator.BETWEEN: "{field} : entre {low} et {high}",
        Operator.PRESENT: "{field} : connu",
        Operator.CONTAINS: "{field} contient {wanted}",
        Operator.CONTAINS_ANY: "{field} contient {wanted}",
        Operator.STARTS_WITH: "{field} commence par {wanted}",
        Operator.ENDS_WITH: "{field} finit par {wanted}",
        Operator.MATCHES: "{field} ressemble à {wanted}",
        Operator.WITHIN_DAYS: "{field} : à {wanted} jours d'aujourd'hui au plus",
        Operator.OLDER_THAN_DAYS: "{field} : il y a plus de {wanted} jours",
    },
}

_COUNTED = {
    "en": {
        Operator.AT_LEAST: "needs at least {wanted} {field}",
        Operator.AT_MOST: "needs at most {wanted} {field}",
        Operator.ABOVE: "needs more than {wanted} {field}",
        Operator.BELOW: "needs fewer than {wanted} {field}",
        Operator.BETWEEN: "needs between {low} and {high} {field}",
    },
    "fr": {
        Operator.AT_LEAST: "il faut au moins {wanted} {field}",
        Operator.AT_MOST: "il faut au plus {wanted} {field}",
        Operator.ABOVE: "il faut plus de {wanted} {field}",
        Operator.BELOW: "il faut moins de {wanted} {field}",
        Operator.BETWEEN: "il faut entre {low} et {high} {field}",
    },
}

_NEEDED = {"en": "needs {clause}", "fr": "il faut : {clause}"}
_KNOWN = {"en": "needs {article}{field}", "fr": "il manque : {field}"}
_UNKNOWN = {"en": "{field} must be blank", "fr": "{field} : à laisser vide"}
_BLANK = {"en": "{field} is not known", "fr": "{field} : inconnu"}
_NEVER = {"en": "cannot be met", "fr": "impossible à remplir"}
_NOT = {"en": "not: {clause}", "fr": "non : {clause}"}
_TRUTH = {"en": ("no", "yes"), "fr": ("non", "oui")}
_OR = {"en": "or", "fr": "ou"}
_AND = {"en": "and", "fr": "et"}


def _reading(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(pattern)))


#: The English statements, read back: `is known` and the longer first, since all are an `is` too.
_READ = tuple(
    sorted(
        (
            (_reading(pattern), operator)
            for operator, pattern in (
                *_CLAUSES["en"].items(),
                (Operator.PRESENT, _BLANK["en"]),
            )
        ),
        key=lambda pair: (pair[1] is not Operator.PRESENT, -len(pair[0].pattern)),
    )
)


def clause_text(
    field: str,
    operator: Operator,
    wanted: Wanted,
    language: str,
    labels: Mapping[str, Labels],
    *,
    negated: bool = False,
) -> str:
    """A clause as a statement, e.g. `employees is at least 50`."""
    tongue = _tongue(language)
    if operator is Operator.PRESENT and wanted is False:
        text = _BLANK[tongue].format(field=_name(field, tongue, labels))
    else:
        text = _filled(_CLAUSES[tongue][operator], field, wanted, tongue, labels)
    return _NOT[tongue].format(clause=text) if negated else text


def gap_text(
    field: str,
    operator: Operator,
    wanted: Wanted,
    language: str,
    labels: Mapping[str, Labels],
    *,
    negated: bool = False,
) -> str:
    """A missing change as a request, e.g. `needs a phone`, `il faut au moins 50 salariés`."""
    tongue = _tongue(language)
    name = _name(field, tongue, labels)
    if not field:
        return _NEVER[tongue]
    if operator is Operator.PRESENT and not negated:
        if wanted is False:
            return _UNKNOWN[tongue].format(field=name)
        return _KNOWN[tongue].format(field=name, article=_article(name))
    if not negated and operator in _COUNTED[tongue] and _countable(name, wanted):
        return _filled(_COUNTED[tongue][operator], field, wanted, tongue, labels)
    clause = clause_text(field, operator, wanted, language, labels, negated=negated)
    if tongue == "en" and not negated:
        clause = clause.replace(f"{name} is ", f"{name} to be ", 1)
    elif tongue == "fr" and not negated and " : " in clause:
        return clause
    return _NEEDED[tongue].format(clause=clause)


def clause_parts(text: str) -> tuple[str, Operator, Wanted, bool] | None:
    """(field in words, operator, wanted, negated) of an English statement that `clause_text` made;
    None where it is none."""
    if text.startswith("not: "):
        found = clause_parts(text.removeprefix("not: "))
        return None if found is None else (*found[:3], not found[3])
    for pattern, operator in _READ:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        if operator is Operator.PRESENT:
            return parts["field"], operator, not text.endswith(" is not known"), False
        if "low" in parts:
            wanted: Wanted = (_value(parts["low"]), _value(parts["high"]))
        else:
            several = re.split(r", | or ", parts["wanted"])
            wanted = tuple(several) if len(several) > 1 else _value(parts["wanted"])
        return parts["field"], operator, wanted, False
    return None


def _value(text: str) -> Value:
    return int(text) if text.lstrip("-").isdigit() else text


def field_words(name: str) -> str:
    """A field or fact as `clause_text` names it where no labels are given."""
    return _name(name, "en", {})


def joined(texts: tuple[str, ...], language: str, *, either: bool = False) -> str:
    """`a, b and c`, or with `or` between the last two."""
    tongue = _tongue(language)
    if len(texts) < 2:
        return "".join(texts)
    word = (_OR if either else _AND)[tongue]
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def value_text(value: Value | float, language: str) -> str:
    """A value of a rule (never of a lead) as people write it."""
    if isinstance(value, bool):
        return _TRUTH[_tongue(language)][value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return joined(tuple(str(one) for one in value), language, either=True)
    return "" if value is None else str(value)


def _tongue(language: str) -> str:
    return language if language in _CLAUSES else "en"


def _name(field: str, language: str, labels: Mapping[str, Labels]) -> str:
    """The label in running text: first letter small, unless it is an abbreviation or a name."""
    known = labels.get(field) or FACT_LABELS.get(field, {})
    text = label(known, language, field.replace("_", " "))
    second = text[1:2]
    return text if second.isupper() else text[:1].lower() + text[1:]


def _filled(
    pattern: str, field: str, wanted: Wanted, tongue: str, labels: Mapping[str, Labels]
) -> str:
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    texts = tuple(value_text(one, tongue) for one in several)
    return pattern.format(
        field=_name(field, tongue, labels),
        wanted=joined(texts, tongue, either=True),
        low=texts[0] if texts else "",
        high=texts[-1] if texts else "",
    )


def _plural(name: str) -> bool:
    """Good enough for labels of fields in both languages: salariés, employees, departments."""
    last = name.split("(")[0].strip()
    return last.endswith(("s", "x")) and not last.endswith(("ss", "us", "is"))


def _article(name: str) -> str:
    if _plural(name):
        return ""
    return "an " if name[:1].lower() in "aeiou" else "a "


def _countable(name: str, wanted: Wanted) -> bool:
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    whole = all(type(one) is int for one in several)
    return whole and _plural(name) and "." not in name
