"""config.toml and secrets, which come from the environment, files or a keyring; checked once."""

import os
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from connector.core.errors import StopTheRun
from connector.core.problems import Place, Problem
from connector.core.timetable import parse_cron

PREFIX = "LEADRELAY_"
OFF = "off"  #: the cadence of a job that the timetable leaves out


class Part(BaseModel):
    """A section of config.toml; unknown keys are mistakes, not extras."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_no_file_by_mistake(url: str) -> str:
    """`postgresql:/host/db` would be a file of that name, and a new, empty ledger."""
    if "://" not in url and re.match(r"[^/\\]{2,}:", url):
        raise ValueError("the address must begin with sqlite:/// or postgresql://, or be a file")
    return url


class LedgerPart(Part):
    """Where the ledger is kept."""

    #: May hold a password.
    url: Annotated[str, Field(repr=False), AfterValidator(_is_no_file_by_mistake)] = (
        "sqlite:///leadrelay.db"
    )


HERE = ("127.0.0.1", "::1", "localhost")  #: what is sent there never leaves this machine


def _is_encrypted(url: str) -> str:
    """Credentials never travel in the open; the sandbox listens on this machine alone."""
    parts = urlsplit(url)
    if url and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise ValueError("the address must begin with https:// (http:// on this machine only)")
    return url


def _is_encrypted_secret(url: SecretStr) -> SecretStr:
    _is_encrypted(url.get_secret_value())
    return url


Address = Annotated[str, AfterValidator(_is_encrypted)]
SecretAddress = Annotated[SecretStr, AfterValidator(_is_encrypted_secret)]


class HubSpotPart(Part):
    """How HubSpot is reached. Give `token`, or the three OAuth values."""

    token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    base_url: Address = "https://api.hubapi.com"
    webhook_url: str = ""
    paths: Literal["numbered", "dated"] = "dated"
    requests_per_10_seconds: Annotated[int, Field(ge=1)] = 190
    searches_per_second: Annotated[int, Field(ge=1)] = 5
    overlap_minutes: Annotated[int, Field(ge=0)] = 30
    lag_seconds: Annotated[int, Field(ge=0)] = 10


class SalesforcePart(Part):
    """How Salesforce is reached: client credentials, or JWT bearer with a user and a key."""

    domain: str = ""
    client_id: str | None = None
    client_secret: SecretStr | None = None
    username: str | None = None
    private_key_file: Path | None = None
    base_url: Address | None = None
    api_version: str = "67.0"
    overlap_minutes: Annotated[int, Field(ge=0)] = 15
    lag_seconds: Annotated[int, Field(ge=0)] = 0
    allow_duplicates_alert: bool = False
    bulk_from_rows: Annotated[int, Field(ge=200)] = 2_000
    uploaders: Annotated[int, Field(ge=1, le=16)] = 4


class MailPart(Part):
    """Where alerts and reports are mailed through; without a host nothing is mailed."""

    host: str | None = None
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: str = "leadrelay@localhost"
    operators: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> "MailPart":
        if self.security == "none" and self.username and self.host not in HERE:
            raise ValueError("with security = 'none' nobody signs in, save on this machine")
        return self


class ChatPart(Part):
    """A chat webhook for alerts; the address is a secret."""

    url: SecretAddress | None = None
    shape: Literal["slack", "teams"] = "slack"


class CapsPart(Part):
    """The most an unattended run may do; above it the run stops and asks for `apply`."""

    creates: Annotated[int, Field(ge=0)] = 500
    updates: Annotated[int, Field(ge=0)] = 5_000
    owner_changes: Annotated[int, Field(ge=0)] = 100
    gone_percent: Annotated[int, Field(ge=0, le=100)] = 50


class LetterPart(Part):
    """A report that `closed-loop` mails to everybody in some roles, once a period."""

    report: Literal[
        "recycle", "funnel", "promises", "follow-up", "sources", "stock", "meeting", "quarterly"
    ]
    every: Literal["day", "week", "fortnight", "month", "quarter"]
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    language: Literal["en", "fr"] | None = None


class ReportsPart(Part):
    """Where reports are written, in which language, and who is mailed which."""

    folder: Path = Path("reports")
    language: Literal["en", "fr"] = "en"
    mail: tuple[LetterPart, ...] = ()


class PrivacyPart(Part):
    """The secret by which erased people are recognised; a file made at the first `forget`."""

    salt: SecretStr | None = None
    salt_file: Path = Path("leadrelay.salt")


class QuietPart(Part):
    """A window in which no job starts: `"22:00"` to `"06:00"`, on some days, for some jobs."""

    start: Annotated[time, Field(alias="from")]
    end: Annotated[time, Field(alias="to")]
    days: tuple[Literal["sun", "mon", "tue", "wed", "thu", "fri", "sat"], ...] = ()
    jobs: tuple[str, ...] = ()


class TimetablePart(Part):
    """When `leadrelay work` runs which job; a job that is not named keeps its own cadence."""

    zone: str = "UTC"
    jobs: dict[str, str] = Field(default_factory=dict)
    quiet: tuple[QuietPart, ...] = ()
    jitter_seconds: Annotated[int, Field(ge=0)] = 0
    shards: Annotated[int, Field(ge=1, le=100)] = 8

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("there is no such time zone (e.g. Europe/Paris)") from None
        return name

    @field_validator("jobs")
    @classmethod
    def _is_cron(cls, jobs: dict[str, str]) -> dict[str, str]:
        for name, cadence in jobs.items():
            if cadence != OFF:
                try:
                    parse_cron(cadence)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
        return jobs


class LogPart(Part):
    """How the log is written: for people, or one JSON object a line for machines."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(BaseSettings):
    """Everything leadrelay needs to know besides the mapping files."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    mode: Literal["rehearse", "live"] = "rehearse"
    mappings: Path = Path("mappings")
    ledger: LedgerPart = LedgerPart()
    hubspot: HubSpotPart = HubSpotPart()
    salesforce: SalesforcePart = SalesforcePart()
    mail: MailPart = MailPart()
    chat: ChatPart = ChatPart()
    caps: CapsPart = CapsPart()
    reports: ReportsPart = ReportsPart()
    privacy: PrivacyPart = PrivacyPart()
    timetable: TimetablePart = TimetablePart()
    log: LogPart = LogPart()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, so that a secret never has to stand in it."""
        return env_settings, init_settings

    @property
    def live(self) -> bool:
        return self.mode == "live"


SECRETS = {
    "ledger": ("url",),
    "hubspot": ("token", "client_secret", "refresh_token"),
    "salesforce": ("client_secret",),
    "mail": ("password",),
    "chat": ("url",),
}


def _with_secrets(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Replaces `<name>_file` of a secret by the content of that file, and `<name>_keyring` by what
    the system's keyring holds under that service and user."""
    for section, secrets in SECRETS.items():
        part = raw.get(section)
        if not isinstance(part, dict):
            continue
        for name in secrets:
            file = part.pop(f"{name}_file", None)
            if file is not None:
                part[name] = text_of((folder / str(file)).expanduser()).strip()
            entry = part.pop(f"{name}_keyring", None)
            if entry is not None:
                part[name] = _from_keyring(f"{section}.{name}_keyring", str(entry))
    return raw


def _from_keyring(setting: str, entry: str) -> str:
    """`service/user` -> the secret. Raises StopTheRun where there is none, or no keyring."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise StopTheRun(
            f"{setting}: keyrings are not supported here\n    pip install 'leadrelay[keyring]'"
        ) from None
    service, _, user = entry.rpartition("/")
    try:
        found = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise StopTheRun(f"{setting}: the keyring cannot be read: {type(error).__name__}") from None
    if found is None:
        raise StopTheRun(
            f"{setting}: the keyring holds nothing under '{entry}'\n    Put it there with "
            f"`keyring set {service} {user}`."
        )
    return found


def text_of(file: Path) -> str:
    """Raises StopTheRun where a file cannot be read as text; its content is never quoted."""
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise StopTheRun(
            f"{file}: no such file\n    Make one with `leadrelay init`, or name it with --config."
        ) from None
    except OSError as error:
        raise StopTheRun(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StopTheRun(f"{file}: this is not UTF-8 text") from None


def read_config(path: Path | None) -> Config:
    """Reads the file (defaults where `path` is None), the environment and the secret files.

    Relative paths are relative to the file. Raises StopTheRun with all faults at once; values are
    never quoted, since one of them may be a secret.
    """
    folder = path.parent if path else Path()
    try:
        raw = _with_secrets(tomllib.loads(text_of(path)) if path else {}, folder)
    except tomllib.TOMLDecodeError as error:
        raise StopTheRun(f"{path}: not valid TOML: {error}") from None
    try:
        return Config(**_absolute(raw, folder))
    except ValidationError as error:
        faults = "\n".join(str(_fault(str(path or "environment"), e)) for e in error.errors())
        raise StopTheRun(faults) from None


def _absolute(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    raw = dict(raw)
    raw["mappings"] = folder / str(raw.get("mappings", "mappings"))
    reports = dict(raw.get("reports", {}))
    reports["folder"] = folder / str(reports.get("folder", "reports"))
    raw["reports"] = reports
    privacy = dict(raw.get("privacy", {}))
    privacy["salt_file"] = folder / str(privacy.get("salt_file", "leadrelay.salt"))
    raw["privacy"] = privacy
    ledger = dict(raw.get("ledger", {}))
    url = str(ledger.get("url", "sqlite:///leadrelay.db"))
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        ledger["url"] = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    raw["ledger"] = ledger
    return raw


def _fault(file: str, error: Any) -> Problem:
    address = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return Problem(
            code="unknown-setting",
            where=Place(file=file),
            what=f"there is no setting '{address}'",
            remedy="config.example.toml lists every setting.",
        )
    return Problem(
        code="bad-setting",
        where=Place(file=file),
        what=f"'{address}': {error['msg']}",
        remedy="config.example.toml explains every setting.",
    )


def find_config(given: str | None) -> Path | None:
    """The file that was named, else $LEADRELAY_CONFIG, else ./config.toml where it exists."""
    named = given or os.environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    usual = Path("config.toml")
    return usual if usual.exists() else None


def beside(ledger_url: str, what: str) -> str:
    """The address of other tables of the project: on SQLite `<ledger>-<what>.db`, else the same."""
    if "://" in ledger_url and not ledger_url.startswith("sqlite:"):
        return ledger_url
    file = Path(ledger_url.removeprefix("sqlite:///"))
    return f"sqlite:///{file.with_name(f'{file.stem}-{what}.db')}"
