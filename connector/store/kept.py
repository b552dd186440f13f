"""A mapping of texts in the ledger: known to every process, on disk before a change returns."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select

from connector.store import bulk
from connector.store.ledger import SqlLedger
from connector.store.tables import meta

BULK_JOBS = "bulk"  #: under way: the key of their writes -> id
_CONTENT = select(meta.c.content).where(meta.c.name == bindparam("name"))


class Kept(MutableMapping[str, str]):
    """The texts under one prefix."""

    def __init__(self, ledger: SqlLedger, prefix: str) -> None:
        self._ledger, self._prefix = ledger, f"{prefix}:"

    def __getitem__(self, key: str) -> str:
        with self._ledger.reading() as connection:
            found = connection.scalar(_CONTENT, {"name": self._prefix + key})
        if found is None:
            raise KeyError(key)
        return str(found)

    def __setitem__(self, key: str, content: str) -> None:
        with self._ledger.writing() as connection:
            row = (self._prefix + key, content)
            bulk.upsert(connection, meta, [row], ("name",), columns=("name", "content"))

    def __delitem__(self, key: str) -> None:
        with self._ledger.writing() as connection:
            name = self._prefix + key
            if not connection.execute(delete(meta).where(meta.c.name == name)).rowcount:
                raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        with self._ledger.reading() as connection:
            names = [str(name) for name in connection.scalars(_names(self._prefix))]
        return iter([name.removeprefix(self._prefix) for name in names])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def is_anything_kept(connection: Connection, prefix: str) -> bool:
    return connection.execute(_names(f"{prefix}:").limit(1)).first() is not None


def _names(prefix: str) -> Select[Any]:
    return select(meta.c.name).where(meta.c.name.startswith(prefix, autoescape=True))
