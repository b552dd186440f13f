"""Conditions as written in the files, read into the structure that core evaluates.

    when: {country: {in: [DE, AT]}, employees: {at_least: 500}}    # all clauses must hold
    when: {country: DE}                                           # a bare value means `is`
    when: {country: [DE, AT]}                                     # a list means `in`
    when: {any: [{interest: demo}, {score.intent: {at_least: 40}}], not: {country: US}}

A clause may ask for a term of the vocabulary that has `true_when`: `{ideal_company: yes}`. The
term's own clauses then take its place, so that explanations and analysis see through it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.core.records import Value
from connector.core.rules.conditions import All, Any, Clause, Condition, Not, Operator
from connector.core.rules.fields import FieldType
from connector.mapfiles.hints import listed, nearest
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.values import CHOICES, ORDERED, TEXTS, Known, canonical
from connector.mapfiles.yaml_text import Path

_JOINS = ("all", "any", "not")
_LISTS = (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.BETWEEN)
_DAYS = (Operator.WITHIN_DAYS, Operator.OLDER_THAN_DAYS)
_ORDERING = (
    Operator.AT_LEAST,
    Operator.AT_MOST,
    Operator.ABOVE,
    Operator.BELOW,
    Operator.BETWEEN,
)
_TEXTUAL = (
    Operator.CONTAINS,
    Operator.CONTAINS_ANY,
    Operator.STARTS_WITH,
    Operator.ENDS_WITH,
    Operator.MATCHES,
)
_OPERATORS = {str(op): op for op in Operator}
_NUMBER = Known(name="days", type=FieldType.NUMBER)


@dataclass(slots=True)
class Words:
    """What conditions may ask about: fields, facts and terms."""

    known: Mapping[str, Known]
    terms: Mapping[str, object]  #: term -> its `true_when` as written
    vocabulary: Sheet | None
    notes: Notes
    used: set[str] = field(default_factory=set)
    _open_terms: list[str] = field(default_factory=list)

    def read(self, raw: object, sheet: Sheet, path: Path) -> Condition:
        """The condition at a path; faults are noted and their clauses left out."""
        if not isinstance(raw, dict):
            self.notes.add(
                "wrong-type",
                sheet.place(path),
                "a condition is a mapping of fields and what is asked of them",
                "Write {country: DE} or {employees: {at_least: 50}}.",
            )
            return All(())
        parts: list[Condition] = []
        for key, inner in raw.items():
            inner_path = (*path, key)
            if key in _JOINS:
                parts.append(self._join(key, inner, sheet, inner_path))
            else:
                parts.extend(self._clauses(key, inner, sheet, inner_path))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _join(self, key: str, raw: object, sheet: Sheet, path: Path) -> Condition:
        if key == "not":
            return Not(self.read(raw, sheet, path))
        if not isinstance(raw, list) or not raw:
            self.notes.add(
                "wrong-type",
                sheet.place(path),
                f"'{key}' takes a list of conditions",
                f"Write {key}: [{{country: DE}}, {{country: FR}}].",
            )
            return All(())
        parts = tuple(self.read(part, sheet, (*path, at)) for at, part in enumerate(raw))
        return All(parts) if key == "all" else Any(parts)

    def _clauses(self, name: str, raw: object, sheet: Sheet, path: Path) -> list[Condition]:
        self.used.add(name)
        if name in self.terms:
            return [self._term(name, raw, sheet, path)]
        known = self.known.get(name)
        if known is None:
            self._unknown(name, sheet, path)
            return []
        if not isinstance(raw, dict):
            operator = Operator.IN if isinstance(raw, list) else Operator.IS
            return self._clause(known, operator, raw, sheet, path, path)
        clauses: list[Condition] = []
        for word, wanted in raw.items():
            operator_or_none = _OPERATORS.get(word)
            if operator_or_none is None:
                guess = nearest(word, _OPERATORS)
                hint = f"Did you mean '{guess}'? " if guess else ""
                self.notes.add(
                    "unknown-operator",
                    sheet.key_place((*path, word)),
                    f"'{word}' is not something a condition can ask",
                    f"{hint}It can ask {listed(_OPERATORS)}.",
                )
                continue
            clauses += self._clause(known, operator_or_none, wanted, sheet, path, (*path, word))
        return clauses

    def _clause(
        self, known: Known, operator: Operator, raw: object, sheet: Sheet, path: Path, at: Path
    ) -> list[Condition]:
        if not self._fits(known, operator, sheet, at):
            return []
        wanted = self._wanted(known, operator, raw, sheet, at)
        if wanted is None:
            return []
        return [Clause(known.name, operator, wanted, sheet.key_place(path))]

    def _wanted(
        self, known: Known, operator: Operator, raw: object, sheet: Sheet, at: Path
    ) -> Value | tuple[Value, ...]:
        place = sheet.place(at)
        if operator is Operator.PRESENT:
            answer = Known(name="present", type=FieldType.YES_NO)
            return canonical(raw, answer, place, self.notes)
        if operator in _DAYS:
            return canonical(raw, _NUMBER, place, self.notes)
        if operator in _TEXTUAL:
            known = Known(name=known.name, type=FieldType.TEXT)
        if operator in _LISTS:
            items = raw if isinstance(raw, list) else [raw]
            if not items or (operator is Operator.BETWEEN and len(items) != 2):
                self.notes.add(
                    "wrong-type",
                    place,
                    f"'{operator}' takes a list of {'two values' if items else 'values'}",
                    "Write both ends: [50, 99]."
                    if operator is Operator.BETWEEN
                    else "Write [one, two].",
                )
                return None
            found = [
                canonical(one, known, sheet.place((*at, n)), self.notes)
                for n, one in enumerate(items)
            ]
            return None if any(one is None for one in found) else tuple(map(_single, found))
        return canonical(raw, known, place, self.notes)

    def _fits(self, known: Known, operator: Operator, sheet: Sheet, at: Path) -> bool:
        fits, instead = True, ""
        if operator in _ORDERING and known.type not in ORDERED:
            fits, instead = False, "Only numbers, amounts, days and moments have an order."
        elif operator in _DAYS and known.type not in (FieldType.DATE, FieldType.MOMENT):
            fits, instead = False, "Only days and moments have an age."
        elif operator in _TEXTUAL and known.type not in (*TEXTS, *CHOICES):
            fits, instead = False, "Use is, in, at_least, at_most or between."
        if not fits:
            self.notes.add(
                "operator-does-not-fit",
                sheet.key_place(at),
                f"'{operator}' cannot be asked of '{known.name}', which is {_a(known.type)}",
                instead,
            )
        return fits

    def _term(self, name: str, raw: object, sheet: Sheet, path: Path) -> Condition:
        wanted = canonical(
            raw, Known(name=name, type=FieldType.YES_NO), sheet.place(path), self.notes
        )
        if name in self._open_terms or self.vocabulary is None:
            self.notes.add(
                "circular-term",
                sheet.key_place(path),
                f"the term '{name}' is defined by itself",
                "A term's `true_when` asks for fields, or for terms that do not lead back to it.",
            )
            return All(())
        self._open_terms.append(name)
        quiet = Notes()  # faults inside the term are reported where the term is defined
        notes, self.notes = self.notes, quiet
        inner = self.read(self.terms[name], self.vocabulary, ("terms", name, "true_when"))
        self.notes = notes
        notes.take(tuple(p for p in quiet.problems if p.code == "circular-term"))
        self._open_terms.pop()
        return Not(inner) if wanted is False else inner

    def _unknown(self, name: str, sheet: Sheet, path: Path) -> None:
        operator = nearest(name, (*_JOINS, *_OPERATORS)) if name not in self.known else None
        if name in _OPERATORS or (operator and nearest(name, self.known) is None):
            hint = f"'{operator}' belongs under the name of a field: {{country: {{in: [DE]}}}}."
        else:
            names = [*self.known, *self.terms]
            guess = nearest(name, names)
            hint = (
                f"Did you mean '{guess}'? Fields are defined in fields.yaml."
                if guess
                else "Fields are defined in fields.yaml; facts are score.total, bant.count, "
                "stage, cycle, temperature and the like."
            )
        self.notes.add(
            "unknown-field", sheet.key_place(path), f"there is no field or fact '{name}'", hint
        )


def _single(value: Value) -> Value:
    """A choice of several is asked word by word."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _a(kind: FieldType) -> str:
    return {"email": "an email", "yes_no": "a yes or no", "choices": "a list of choices"}.get(
        kind, f"a {kind}"
    )
