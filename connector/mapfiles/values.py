"""Values as written in conditions and examples, made canonical by the type of their field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from phonenumbers import SUPPORTED_REGIONS

from connector.core.problems import Place
from connector.core.records import Value
from connector.core.rules.fields import FieldType
from connector.mapfiles.hints import nearest, remedy
from connector.mapfiles.sheets import Notes

TEXTS = (FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE)
CHOICES = (FieldType.CHOICE, FieldType.CHOICES)
ORDERED = (FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.MOMENT)


#: Kinds of activities that the two systems report by themselves, beside those of fields.yaml.
ACTIVITIES = (
    "page_view", "form", "email_open", "email_click", "email_reply", "email", "meeting", "call",
    "task", "note", "event",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A field or fact that may be asked about; `words` is None where any word is allowed."""

    name: str
    type: FieldType
    words: tuple[str, ...] | None = None
    words_live_in: str = ""
    is_fact: bool = False
    is_country: bool = False


def fact(name: str, type_: FieldType, words: Iterable[str] | None = None, home: str = "") -> Known:
    """Something that decisions know beside the fields of the lead."""
    return Known(
        name=name,
        type=type_,
        words=None if words is None else tuple(words),
        words_live_in=home,
        is_fact=True,
    )


def facts(
    stages: Iterable[str], temperatures: Iterable[str], dispositions: Iterable[str],
    reasons: Iterable[str], activities: Iterable[str] = (),
) -> dict[str, Known]:  # fmt: skip
    """All facts by name."""
    number, yes_no, choice = FieldType.NUMBER, FieldType.YES_NO, FieldType.CHOICE
    vocabulary = "vocabulary.yaml"
    known = [fact(f"score.{part}", number) for part in ("fit", "intent", "completeness", "total")]
    known += [fact(f"bant.{part}", yes_no) for part in ("budget", "authority", "need", "timing")]
    for kind in activities:
        known.append(fact(f"activity.{kind}", number))
        known.append(fact(f"activity.{kind}.last", FieldType.MOMENT))
    known += [
        fact("bant.count", number),
        fact("cycle", number),
        fact("stage", choice, stages, vocabulary),
        fact("temperature", choice, temperatures, "qualification.yaml"),
        fact("disposition", choice, dispositions, vocabulary),
        fact("reason", choice, reasons, vocabulary),
    ]
    return {one.name: one for one in known}


def canonical(raw: object, known: Known, where: Place, notes: Notes) -> Value:
    """The value in the field's type; None (and a problem) where it cannot be one."""
    if isinstance(raw, list):
        if known.type is FieldType.CHOICES:
            return tuple(str(canonical(one, known, where, notes)) for one in raw)
        notes.add(
            "wrong-type",
            where,
            f"'{known.name}' takes one value here, not a list",
            "Write one value; with `in` a list of several.",
        )
        return None
    if isinstance(raw, dict):
        notes.add("wrong-type", where, f"'{known.name}' takes a value, not a mapping",
                  "Write the value itself.")  # fmt: skip
        return None
    found = _CONVERTERS[known.type](raw)
    if found is None:
        wanted, such = _WANTED[known.type]
        notes.add(
            "wrong-type",
            where,
            f"'{known.name}' is {wanted}, and {_shown(raw)} is not",
            f"Write {such}.",
        )
        return None
    if isinstance(found, str):
        return _word(found, known, where, notes)
    return found


def _word(text: str, known: Known, where: Place, notes: Notes) -> str:
    if known.is_country and text not in SUPPORTED_REGIONS:
        better = {"UK": "GB", "EN": "GB"}.get(text) or nearest(text, SUPPORTED_REGIONS)
        hint = f"Did you mean '{better}'? " if better and better.upper() == better else ""
        notes.add(
            "unknown-country",
            where,
            f"'{text}' is not the code of a country",
            f"{hint}Countries are written with two capital letters (ISO 3166): DE, FR, GB.",
        )
    if known.words is None:
        return text
    for word in known.words:
        if word.casefold() == text.casefold():
            return word
    notes.add(
        "unknown-value",
        where,
        f"'{text}' is not a value of '{known.name}'",
        remedy(text, known.words, f"Values are defined in {known.words_live_in}."),
    )
    return text


def _shown(raw: object) -> str:
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return f"'{raw}'"


def _text(raw: object) -> Value:
    if isinstance(raw, bool) or raw is None:
        return None
    return str(raw)


def _number(raw: object) -> Value:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    return Decimal(str(raw)) if isinstance(raw, float) else None


def _money(raw: object) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return Decimal(str(raw))


def _yes_no(raw: object) -> Value:
    if isinstance(raw, bool):
        return raw
    return {"yes": True, "no": False}.get(raw.casefold()) if isinstance(raw, str) else None


def _date(raw: object) -> Value:
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def _moment(raw: object) -> Value:
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_CONVERTERS = {
    FieldType.TEXT: _text, FieldType.EMAIL: _text, FieldType.PHONE: _text,
    FieldType.CHOICE: _text, FieldType.CHOICES: _text, FieldType.NUMBER: _number,
    FieldType.MONEY: _money, FieldType.YES_NO: _yes_no, FieldType.DATE: _date,
    FieldType.MOMENT: _moment,
}  # fmt: skip
_WANTED: Mapping[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("a text", "a text, in quotes where it reads like something else"),
    FieldType.EMAIL: ("an e-mail address", "a text"),
    FieldType.PHONE: ("a phone number", "a text in quotes"),
    FieldType.CHOICE: ("a word", "a word, in quotes where it reads like something else"),
    FieldType.CHOICES: ("a list of words", "words, in quotes where they read like something else"),
    FieldType.NUMBER: ("a number", "digits without quotes: 500"),
    FieldType.MONEY: ("an amount", "digits without quotes: 20000"),
    FieldType.YES_NO: ("yes or no", "yes or no"),
    FieldType.DATE: ("a day", "a day as 2026-09-01"),
    FieldType.MOMENT: ("a moment", "a moment as 2026-09-01T09:00+02:00"),
}
