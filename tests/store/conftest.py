"""Ledgers for the store's tests: a SQLite file and a real PostgreSQL, the same tests on both."""

from collections.abc import Iterator

import pytest

from connector.store import SqlLedger, open_ledger


@pytest.fixture
def url(story_ledger: str) -> str:
    """URL of an empty ledger on each database."""
    return story_ledger


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    opened = open_ledger(url)
    yield opened
    opened.close()
