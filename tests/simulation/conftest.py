"""Where a simulated company keeps its ledger: the same histories on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import NewLedger

#: URL of an empty ledger, or nothing for the file that a company makes in its own folder.
CompanyLedgers = Callable[[], str]


@pytest.fixture
def company_ledgers(new_ledger: NewLedger, tmp_path: Path) -> CompanyLedgers:
    """For tests with several companies."""

    def new() -> str:
        url = new_ledger(tmp_path)
        return "" if url.startswith("sqlite:") else url

    return new


@pytest.fixture
def company_ledger(company_ledgers: CompanyLedgers) -> str:
    """For tests with one."""
    return company_ledgers()
