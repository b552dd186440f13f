"""The sandbox over real HTTP: both systems and the control API, each on its own loopback port."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from urllib.parse import urlsplit

from connector.sandbox.certificate import write_certificate
from connector.sandbox.clock import SandboxClock
from connector.sandbox.control import control_app
from connector.sandbox.courier import Courier
from connector.sandbox.crossroads import VENDOR_NAMES, Crossroads
from connector.sandbox.listening import Listening
from connector.sandbox.wire import Shell
from connector.sandbox.world import DEFAULT_START, World


class Sandbox:
    """Runs a world on loopback ports while the context lasts, and sends its webhooks.

    `ports` is 0 for free ones, or the first of three in a row (HubSpot, Salesforce, control).
    `hubspot_url`, `salesforce_url` and `control_url` have no slash at the end; Salesforce names its
    own in what it answers (instance_url), as unmodified clients need it. With `tls` both systems
    speak https, and `authority` is the file with the certificate to trust. With `proxy`, which
    implies that, clients that know only the vendors' own addresses are led here: start them with
    `environment()`. A world that is
    given keeps its own clock; else `start`, `seed` and `running` make one. Entering raises
    StopTheRun where a port is taken.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        start: datetime = DEFAULT_START,
        seed: int = 0,
        host: str = "127.0.0.1",
        ports: int = 0,
        running: bool = False,
        tls: bool = False,
        proxy: bool = False,
    ) -> None:
        self.world = world or World(SandboxClock(start, running=running), seed)
        self.hubspot_url = self.salesforce_url = self.control_url = ""
        self.authority: Path | None = None
        self._tls = tls or proxy
        self._crossroads: Crossroads | None = None
        self._proxied = proxy
        self._files: TemporaryDirectory[str] | None = None
        self._host = host
        self._ports = (ports, ports + 1, ports + 2) if ports else (0, 0, 0)
        self._listening: Listening | None = None
        self._courier: Courier | None = None

    def __enter__(self) -> "Sandbox":
        certificate = None
        if self._tls:
            self._files = TemporaryDirectory(prefix="leadrelay-sandbox-")
            names = VENDOR_NAMES if self._proxied else ()
            certificate = write_certificate(Path(self._files.name), self._host, *names)
            self.authority = certificate[0]
        self._listening = Listening(
            self._host,
            self._ports,
            secure=(self._tls, self._tls, False),
            certificate=certificate,
        )
        self.hubspot_url, self.salesforce_url, self.control_url = self._listening.urls
        if not self._proxied:
            self.world.salesforce.org.site = self.salesforce_url
            self.world.salesforce.org.login_site = self.salesforce_url
        self._listening.start(
            (
                Shell(lambda call: self.world.deliver("hubspot", call)),
                Shell(lambda call: self.world.deliver("salesforce", call)),
                control_app(self.world, self.urls()),
            )
        )
        self._courier = Courier(self.world)
        self._courier.start()
        if self._proxied:
            self._crossroads = Crossroads(
                {
                    ".hubapi.com": _address(self.hubspot_url),
                    ".salesforce.com": _address(self.salesforce_url),
                },
                self._host,
            )
            self._crossroads.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def urls(self) -> dict[str, str]:
        """The three addresses by name."""
        return {
            "hubspot": self.hubspot_url,
            "salesforce": self.salesforce_url,
            "control": self.control_url,
        }

    def environment(self) -> dict[str, str]:
        """Environment variables under which unmodified clients find and trust the sandbox."""
        told: dict[str, str] = {}
        if self.authority is not None:
            names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
            told |= dict.fromkeys(names, str(self.authority))
        if self._crossroads is not None:
            told |= {"HTTPS_PROXY": self._crossroads.url, "https_proxy": self._crossroads.url}
            told |= {"NO_PROXY": "", "no_proxy": ""}
        return told

    def stop(self) -> None:
        """Ends the servers; the world stays as it is."""
        if self._crossroads is not None:
            self._crossroads.stop()
            self._crossroads = None
        if self._courier is not None:
            self._courier.stop()
            self._courier = None
        if self._listening is not None:
            self._listening.stop()
            self._listening = None
        if self._files is not None:
            self._files.cleanup()
            self._files = None


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
