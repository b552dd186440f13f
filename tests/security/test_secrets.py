"""Secrets: from the environment, files or a keyring, and nowhere to be read afterwards."""

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import click
import keyring
import keyring.backend
import keyring.errors
import pytest

from connector import signing_in
from connector.adapters.notify.smtp import MailServer
from connector.adapters.notify.webhook import Webhook
from connector.cli.main import COMMANDS, cli
from connector.config import SECRETS, Config, LedgerPart, read_config
from connector.core.errors import StopTheRun
from connector.wiring import Workbench
from tests.stories.conftest import ROOT

SECRET = "s3cr3t-Zarathustra"
EVERY = [(section, name) for section, names in SECRETS.items() for name in names]
URL = f"postgresql+psycopg://relay:{SECRET}@127.0.0.1:9/none"


class Ring(keyring.backend.KeyringBackend):
    """A keyring of this process alone."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise keyring.errors.KeyringLocked("the wallet is locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def value_of(config: Config, section: str, name: str) -> str:
    held = getattr(getattr(config, section), name)
    return held if isinstance(held, str) else str(held.get_secret_value())


@pytest.mark.parametrize(("section", "name"), EVERY)
def test_each_secret_comes_from_a_file_a_keyring_or_the_environment(
    section: str, name: str, tmp_path: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = f"https://hooks.example/{SECRET}" if section == "chat" else SECRET
    (tmp_path / "secret").write_text(f"{secret}\n", "utf-8")
    keyring.set_password("leadrelay/test", "somebody", secret)
    file = tmp_path / "config.toml"
    for way in (f'{name}_file = "secret"', f'{name}_keyring = "leadrelay/test/somebody"'):
        file.write_text(f"[{section}]\n{way}\n", "utf-8")
        assert secret in value_of(read_config(file), section, name)
    file.write_text(f'[{section}]\n{name} = "https://of.the.file"\n', "utf-8")
    monkeypatch.setenv(f"LEADRELAY_{section}__{name}".upper(), secret)
    assert value_of(read_config(file), section, name) == secret


def test_what_cannot_be_read_is_one_sentence_without_a_secret(tmp_path: Path, ring: Ring) -> None:
    file = tmp_path / "config.toml"
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" + SECRET.encode())
    for line, said in (
        ('token_file = "nowhere"', "no such file"),
        ('token_file = "folder"', "cannot be read"),
        ('token_file = "bytes"', "not UTF-8 text"),
        ('token_keyring = "leadrelay/nobody"', "the keyring holds nothing under"),
        ('token_keyring = "locked/nobody"', "the keyring cannot be read: KeyringLocked"),
        (f'tokn = "{SECRET}"', "there is no setting 'hubspot.tokn'"),
        (f'token = ["{SECRET}"]', "'hubspot.token'"),
        (f'token = "{SECRET}', "not valid TOML"),
        (f'[chat]\nurl = "http://hooks.example/{SECRET}"', "must begin with https://"),
        (f'[mail]\nhost = "x"\nusername = "y"\npassword = "{SECRET}"\nsecurity = "none"', "none"),
    ):
        file.write_text(f"[hubspot]\n{line}\n", "utf-8")
        with pytest.raises(StopTheRun, match=r".") as stopped:
            read_config(file)
        told = "".join(traceback.format_exception(stopped.value))
        assert said in str(stopped.value)
        assert SECRET not in told


def test_nothing_that_holds_a_secret_shows_it(story_ledger: str) -> None:
    config = Config(
        ledger={"url": URL},
        hubspot={"token": SECRET, "client_secret": SECRET, "refresh_token": SECRET},
        salesforce={"domain": "acme", "client_id": "x", "client_secret": SECRET},
        mail={"password": SECRET},
        chat={"url": f"https://hooks.example/{SECRET}"},
        privacy={"salt": SECRET},
    )  # type: ignore[arg-type]
    oauth = Config(hubspot={"client_id": "x", "client_secret": SECRET, "refresh_token": SECRET})  # type: ignore[arg-type]
    here = LedgerPart(url=story_ledger)
    bench = Workbench(config.model_copy(update={"ledger": here}))
    holders = [
        *(config, config.hubspot, config.salesforce, config.mail, config.chat, config.ledger),
        *(
            signing_in.hubspot(config),
            signing_in.hubspot(oauth),
            signing_in.salesforce(config),
            bench,
        ),
        *(bench.marketing, bench._hubspot, bench._salesforce, config.privacy),
        *(MailServer(host="x", password=SECRET), Webhook(url=SECRET)),
    ]
    for holder in holders:
        assert SECRET not in repr(holder), type(holder)
        assert SECRET not in str(holder), type(holder)


def test_a_traceback_that_was_asked_for_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('mappings = "none"\n', "utf-8")
    for more in ({}, {"LEADRELAY_TRACEBACK": "1"}):
        done = subprocess.run(
            [sys.executable, "-m", "connector.cli.main", "parked"],
            cwd=tmp_path,
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                "PYTHONPATH": str(ROOT),
                "LEADRELAY_LEDGER__URL": URL,
                "LEADRELAY_HUBSPOT__TOKEN": SECRET,
                **more,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert done.stderr
        assert SECRET not in done.stdout + done.stderr


def test_no_command_takes_a_secret_where_the_list_of_processes_shows_it() -> None:
    words = {name for _, name in EVERY} | {"secret", "password", "token", "salt", "key"}
    seen = 0
    with click.Context(cli) as context:
        for name in COMMANDS:
            command = cli.get_command(context, name)
            assert command is not None
            inner = getattr(command, "commands", {}).values()
            for one in (command, *inner):
                for option in one.params:
                    seen += 1
                    assert option.name not in words - {"url"}, f"{name} {option.name}"
    assert seen > 50


@pytest.mark.parametrize("url", [URL, f"postgresql://db/relay?user=relay&password={SECRET}"])
def test_a_password_in_an_address_is_refused_before_anything_is_opened(url: str) -> None:
    for given in (["sqlite:///none.db", url], [url, "sqlite:///none.db"]):
        with pytest.raises(click.UsageError, match="PGPASSWORD") as refused:
            cli.main(["ledger", "move", *given], standalone_mode=False)
        assert SECRET not in str(refused.value)
