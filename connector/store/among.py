"""`column IN (many)` with one parameter, however many: one statement text, prepared once."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, Dialect, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType


class _Listed(UserDefinedType[list[Any]]):
    """A list as one parameter: JSON for SQLite, an array for PostgreSQL."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return lambda ids: orjson.dumps(ids).decode()
        return None


class _Among(FunctionElement[bool]):
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite gets `… = 1`, and cannot use an index
    type = Boolean()
    name = "among"


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, ids = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


@compiles(_Among, "postgresql")
def _postgres(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, ids = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} = ANY({ids})"


def among(column: ColumnElement[Any], ids: Iterable[Any]) -> ColumnElement[bool]:
    """True where the column is one of the ids (text or whole numbers)."""
    return _Among(column, bindparam(None, list(ids), type_=_Listed(), unique=True))


def among_given(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same in a statement that is made once: the list comes with each execution, by name."""
    return _Among(column, bindparam(name, type_=_Listed()))
