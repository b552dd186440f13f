"""Salted hashes of erased people: who comes back is recognised, nobody can be read from them."""

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from connector.core.errors import StopTheRun
from connector.store import bulk
from connector.store.among import among
from connector.store.tables import meta, tombstone

_SALT = "salt"  #: where `meta` notes a hash of the salt itself


def salted(salt: bytes, kind: str, text: str) -> str:
    """HMAC-SHA256 of an address or id; `kind` keeps equal texts of two systems apart."""
    return hmac.new(salt, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def erased(
    connection: Connection,
    salt: bytes,
    *,
    emails: Iterable[str],
    hubspot_ids: Iterable[str],
    salesforce_ids: Iterable[str],
) -> set[str]:
    """Those that belong to erased people, as given; nearly free while nobody was ever erased.

    Raises StopTheRun as `check` does.
    """
    if not check(connection, salt):
        return set()
    asked: dict[str, str] = {}
    for kind, given in (("hubspot", hubspot_ids), ("salesforce", salesforce_ids)):
        asked.update({salted(salt, kind, id_): id_ for id_ in given})
    asked.update({salted(salt, "email", mail.strip().lower()): mail for mail in emails})
    query = select(tombstone.c.hash).where(among(tombstone.c.hash, asked))
    return {asked[hash_] for hash_ in connection.scalars(query)}


def check(connection: Connection, salt: bytes) -> bool:
    """Whether anybody was ever erased. Raises StopTheRun where this salt does not tell whom: they
    would all come back, and nobody would notice."""
    if connection.execute(select(tombstone.c.hash).limit(1)).first() is None:
        return False
    noted = connection.scalar(select(meta.c.content).where(meta.c.name == _SALT))
    if not salt or noted not in (None, _hash_of(salt)):
        raise StopTheRun(
            "people were forgotten, and the salt here does not tell whom: give every machine the "
            "[privacy] salt_file of the one that ran `leadrelay forget`; where it is lost for "
            "good, see `leadrelay ledger new-salt --help`"
        )
    return True


def use(connection: Connection, salt: bytes) -> None:
    """Notes by which salt people are erased from now on; raises StopTheRun as `check` does."""
    check(connection, salt)
    columns = ("name", "content")
    bulk.upsert(connection, meta, [(_SALT, _hash_of(salt))], ("name",), columns=columns)


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(tombstone)) or 0


def drop(connection: Connection) -> None:
    """Removes every hash, since their salt is lost."""
    connection.execute(delete(tombstone))
    connection.execute(delete(meta).where(meta.c.name == _SALT))


def _hash_of(salt: bytes) -> str:
    return salted(salt, "salt", "")
