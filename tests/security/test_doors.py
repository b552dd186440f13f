"""The doors to the outside: encrypted, checked, quoted; and files that their owner alone reads."""

import stat
from pathlib import Path

import pytest

from connector import signing_in
from connector.adapters.hubspot.paths import Paths
from connector.adapters.salesforce import paths as soql
from connector.config import Config, read_config
from connector.core.errors import StopTheRun
from connector.store import open_ledger
from connector.store.private import write_private

HOSTILE = "1/../../owners?x=1&y=%2e#z' OR Id != '"


@pytest.mark.parametrize("section", ["hubspot", "salesforce"])
def test_credentials_are_never_sent_in_the_open(section: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for good in ("https://api.example.com", "http://127.0.0.1:8020", "http://localhost:1"):
        file.write_text(f'[{section}]\nbase_url = "{good}"\n', "utf-8")
        assert getattr(read_config(file), section).base_url == good
    for bad in ("http://api.example.com", "http://127.0.0.1.example.com", "ftp://x", "api.x.com"):
        file.write_text(f'[{section}]\nbase_url = "{bad}"\n', "utf-8")
        with pytest.raises(StopTheRun, match="https://"):
            read_config(file)


def test_a_mistyped_address_of_the_ledger_makes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for good in ("sqlite:///l.db", "l.db", "C:/l.db", "postgresql+psycopg://u:p@host/db"):
        file.write_text(f'[ledger]\nurl = "{good}"\n', "utf-8")
        assert read_config(file).ledger.url.endswith(good.removeprefix("sqlite:///"))
    for bad in ("postgresql:/u:hidden@host/db", "postgres:hidden@host", "sqlite:/l.db"):
        file.write_text(f'[ledger]\nurl = "{bad}"\n', "utf-8")
        with pytest.raises(StopTheRun, match=r"'ledger\.url'") as told:
            read_config(file)
        assert "hidden" not in str(told.value)


@pytest.mark.parametrize("version", ["", "2026-09"])
def test_what_is_put_into_an_address_stays_one_piece_of_it(version: str) -> None:
    plain = Paths(version)("unsubscribe", email="X")
    made = Paths(version)("unsubscribe", email=HOSTILE)
    assert made.count("/") == plain.count("/")
    assert not set(made) & set("?#'&= ")
    for dots in ("", ".", ".."):
        with pytest.raises(ValueError, match="dots"):
            Paths(version)("object", kind="contacts", id=dots)


def test_what_is_put_into_a_query_stays_one_literal() -> None:
    made = soql.any_of("Email", [HOSTILE])
    assert made.count("'") - made.count("\\'") == 2
    with pytest.raises(ValueError, match="not a Salesforce id"):
        soql.record_id(HOSTILE)
    for name in (HOSTILE, "Id, (SELECT Id FROM Tasks)", "Lead WHERE 1=1"):
        with pytest.raises(ValueError, match=r"."):
            soql.name(name)


def test_an_opened_ledger_is_for_its_owner_alone_even_if_it_was_not(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.touch(mode=0o644)
    file.chmod(0o644)  # restored from a backup
    ledger = open_ledger(f"sqlite:///{file}")
    ledger.counts()
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.glob("ledger.db*")} == {0o600}
    ledger.close()


def test_a_private_file_is_private_even_if_it_was_not(tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    file.write_bytes(b"{}")
    file.chmod(0o666)
    write_private(file, b"[]")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o600, b"[]")


def test_a_missing_key_is_one_sentence(tmp_path: Path) -> None:
    given = {"domain": "acme", "client_id": "x", "username": "y"}
    config = Config(salesforce={**given, "private_key_file": tmp_path / "none.pem"})  # type: ignore[arg-type]
    with pytest.raises(StopTheRun, match="no such file"):
        signing_in.salesforce(config)
