"""How moments and documents are stored, alike on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeDecorator, UserDefinedType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: The rows of a page share most of their moments, and finding one costs a tenth of reckoning it.
_remembered = lru_cache(maxsize=1_024)


@_remembered
def micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC; raises TypeError for a moment without a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


@_remembered
def moment_of(count: int) -> datetime:
    """The moment, in UTC, so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=count)


def moment_or_none(count: int | None) -> datetime | None:
    return None if count is None else moment_of(count)


class Moment(TypeDecorator[datetime]):
    """A BIGINT of microseconds since 1970, in UTC: exact, sortable and the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return micros_or_none(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        """Straight from the driver: a page holds thousands of moments."""
        return moment_or_none


class Document(UserDefinedType[str]):
    """JSON, written and read as text by `codec`: TEXT on SQLite, JSONB on PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TEXT"


@compiles(Document, "postgresql")
def _jsonb(element: Document, compiler: DDLCompiler, **_: Any) -> str:
    return "JSONB"
