"""The text of a query to a tree of small values; every wrong token is a MALFORMED_QUERY."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import UnexpectedToken, VisitError

from connector.sandbox.salesforce.errors import ApiRefusal, refuse


@dataclass(frozen=True, slots=True)
class Path:
    """`Owner.Name`: the names and the place of the first in the text."""

    names: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    args: tuple[Any, ...]
    at: int

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.args))})"


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind`: string, number, date, datetime, range (a date literal), boolean, null."""

    kind: str
    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Selected:
    what: Any
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class TypeOf:
    relationship: Path
    whens: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`op`: = != < <= > >= like in not_in includes excludes; `value`: Literal(s) or a Query."""

    operand: Any
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Any


@dataclass(frozen=True, slots=True)
class Order:
    by: Any
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT. `source` is the object, or the child relationship of a sub-query."""

    selected: tuple[Any, ...]
    source: Path
    aliases: tuple[tuple[str, Path], ...] = ()
    where: Any = None
    group: tuple[Any, ...] = ()
    having: Any = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False
    for_view: bool = False


_ESCAPES = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\",
    "N": "\n", "R": "\r", "T": "\t", "B": "\b", "F": "\f", "_": "\\_", "%": "\\%",
}  # fmt: skip


def _unquote(token: Token) -> str:
    """A string literal without its quotes; `\\_` and `\\%` are kept for LIKE."""
    raw = str(token)[1:-1]
    if "\\" not in raw:
        return raw
    out = []
    at = 0
    while at < len(raw):
        if raw[at] != "\\":
            out.append(raw[at])
            at += 1
            continue
        mark = raw[at + 1]
        if mark == "u":
            out.append(chr(int(raw[at + 2 : at + 6], 16)))
            at += 6
            continue
        if mark not in _ESCAPES:
            raise refuse(
                "MALFORMED_QUERY",
                f"Invalid string literal '{raw}'. Illegal character"
                f" sequence '\\{mark}' in string literal.",
            )
        out.append(_ESCAPES[mark])
        at += 2
    return "".join(out)


_KINDS = {
    "NUMBER": "number", "DATE": "date", "DATETIME": "datetime", "DATE_N": "range",
    "DATE_WORD": "range", "BOOLEAN": "boolean", "NULL": "null", "STRING": "string",
    "CURRENCY": "number",
}  # fmt: skip


class _ToTree(Transformer[Token, Any]):
    """Turns lark's tree into the values above."""

    def path(self, parts: list[Token]) -> Path:
        return Path(tuple(map(str, parts)), parts[0].start_pos or 0)

    def function(self, parts: list[Any]) -> Function:
        name = parts[0]
        args = tuple(part for part in parts[2:] if part is not None)
        return Function(str(name), args, name.start_pos or 0)

    def path_item(self, parts: list[Any]) -> Selected:
        return Selected(parts[0], str(parts[1]) if len(parts) > 1 and parts[1] else None)

    function_item = path_item

    def select_list(self, parts: list[Any]) -> tuple[str, Any]:
        return ("selected", tuple(parts))

    def subquery(self, parts: list[Any]) -> Query:
        found: Query = parts[1]
        return found

    def path_list(self, parts: list[Path]) -> tuple[Path, ...]:
        return tuple(parts)

    def when(self, parts: list[Any]) -> tuple[str, tuple[Path, ...]]:
        return (str(parts[0]), parts[1])

    def typeof(self, parts: list[Any]) -> TypeOf:
        name, *rest = parts
        whens = tuple(part for part in rest if part and isinstance(part[0], str))
        otherwise = next((part for part in rest if part and isinstance(part[0], Path)), ())
        return TypeOf(Path((str(name),), name.start_pos or 0), whens, otherwise)

    def source(self, parts: list[Any]) -> tuple[Path, str | None]:
        return (parts[0], str(parts[1]) if len(parts) > 1 and parts[1] else None)

    def from_clause(self, parts: list[Any]) -> tuple[str, Any]:
        return ("sources", tuple(parts))

    def scope(self, parts: list[Any]) -> None:
        return None

    with_clause = scope

    def where(self, parts: list[Any]) -> tuple[str, Any]:
        return ("where", parts[0])

    def having(self, parts: list[Any]) -> tuple[str, Any]:
        return ("having", parts[0])

    def or_chain(self, parts: list[Any]) -> Either:
        return Either(tuple(parts))

    def and_chain(self, parts: list[Any]) -> Both:
        return Both(tuple(parts))

    def not_(self, parts: list[Any]) -> Not:
        return Not(parts[0])

    def group_(self, parts: list[Any]) -> Any:
        return parts[1]

    def comparison(self, parts: list[Any]) -> Compare:
        op = str(parts[1])
        return Compare(parts[0], "!=" if op == "<>" else op, parts[2])

    def like(self, parts: list[Any]) -> Compare:
        return Compare(parts[0], "like", parts[2])

    def in_(self, parts: list[Any]) -> Compare:
        return Compare(parts[0], "in", parts[2])

    def not_in(self, parts: list[Any]) -> Compare:
        return Compare(parts[0], "not_in", parts[2])

    def includes(self, parts: list[Any]) -> Compare:
        return Compare(parts[0], "includes", tuple(parts[2:]))

    def excludes(self, parts: list[Any]) -> Compare:
        return Compare(parts[0], "excludes", tuple(parts[2:]))

    def in_list(self, parts: list[Literal]) -> tuple[Literal, ...]:
        return tuple(parts)

    def semi_join(self, parts: list[Query]) -> Query:
        return parts[0]

    def literal(self, parts: list[Token]) -> Literal:
        token = parts[0]
        kind = _KINDS[token.type]
        at = token.start_pos or 0
        text = str(token)
        if kind == "string":
            return Literal(kind, _unquote(token), at)
        if kind == "number":
            text = text[3:] if token.type == "CURRENCY" else text
            return Literal(kind, float(text) if "." in text else int(text), at)
        if kind == "boolean":
            return Literal(kind, text.lower() == "true", at)
        return Literal(kind, None if kind == "null" else text, at)

    def group(self, parts: list[Any]) -> tuple[str, Any]:
        return ("group", tuple(parts))

    def order(self, parts: list[Order]) -> tuple[str, Any]:
        return ("order", tuple(parts))

    def order_item(self, parts: list[Any]) -> Order:
        direction, nulls = str(parts[1] or "").lower(), str(parts[2] or "").lower()
        return Order(parts[0], direction == "desc", nulls.endswith("last"))

    def limit(self, parts: list[Token]) -> tuple[str, Any]:
        return ("limit", int(parts[0]))

    def offset(self, parts: list[Token]) -> tuple[str, Any]:
        return ("offset", int(parts[0]))

    def trailer(self, parts: list[Token]) -> tuple[str, Any]:
        all_rows = bool(parts) and parts[0].type == "ALL_ROWS"
        return ("all_rows", True) if all_rows else ("for_view", True)

    def query(self, parts: list[Any]) -> Query:
        given = dict(part for part in parts if part is not None)
        sources = given.pop("sources")
        root = sources[0]
        aliases = [(root[1].lower(), Path((), 0))] if root[1] else []
        for path, alias in sources[1:]:
            aliases.append(((alias or path.names[-1]).lower(), path))
        return Query(source=root[0], aliases=tuple(aliases), **given)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    text = (files("connector.sandbox.salesforce.soql") / "grammar.lark").read_text("utf-8")
    return Lark(text, start="query", parser="lalr", maybe_placeholders=True)


_WORD = re.compile(r"'(?:[^'\\]|\\.)*'|\w+|[^\s\w]")


def pointed(text: str, at: int, message: str) -> str:
    """A message under a caret, as Salesforce places it.

    Of a long line it shows the 32 characters before the place [R] and four words after it [C].
    """
    line_start = text.rfind("\n", 0, at) + 1
    row, column = text.count("\n", 0, at) + 1, at - line_start + 1
    start = line_start if column <= 41 else at - 32
    line_end = text.find("\n", at)
    line = text[: line_end if line_end >= 0 else len(text)]
    ends = [found.end() for found in islice(_WORD.finditer(line, at), 5)]
    shown = line[start : ends[-1] if ends else len(line)]
    return f"\n{shown}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def _malformed(text: str, fault: UnexpectedInput) -> ApiRefusal:
    if isinstance(fault, UnexpectedToken) and fault.token.type == "$END":
        return refuse(
            "MALFORMED_QUERY", pointed(text, len(text.rstrip()), "unexpected token: '<EOF>'")
        )
    at = fault.pos_in_stream or 0
    if isinstance(fault, UnexpectedToken):
        word = str(fault.token)
    else:
        word = next(iter(text[at:].split()), "")
        if text[at : at + 1] == "'":
            return refuse("MALFORMED_QUERY", pointed(text, at, "Unterminated string literal"))
    if not text[:at].strip():
        return refuse("MALFORMED_QUERY", f"unexpected token: {word}")
    return refuse("MALFORMED_QUERY", pointed(text, at, f"unexpected token: '{word}'"))


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """The tree of a query; raises ApiRefusal with MALFORMED_QUERY."""
    if not text.strip():
        raise refuse("MALFORMED_QUERY", "A query string has to be specified")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as fault:
        raise _malformed(text, fault) from None
    found: Query = _transform(tree)
    return found


def _transform(tree: Any) -> Any:
    try:
        return _ToTree().transform(tree)
    except VisitError as fault:
        if isinstance(fault.orig_exc, ApiRefusal):
            raise fault.orig_exc from None
        raise
