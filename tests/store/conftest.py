"""Ledgers for the store's tests: a SQLite file and a real PostgreSQL, the same tests on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store import SqlLedger, open_ledger
from tests.conftest import Databases


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty ledger on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    made: Databases = request.getfixturevalue("databases")
    return made.ledger()


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    opened = open_ledger(url)
    yield opened
    opened.close()
