"""ASGI applications on loopback ports, in a thread of their own, with a clean start and stop."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from connector.core.errors import StopTheRun
from connector.sandbox.wire import Connection

START_SECONDS = 10.0


class Listening:
    """Runs some applications, each on its own port; port 0 takes a free one.

    `urls` are known at once, in the order of the ports. Where `secure` holds, the port of that
    place speaks TLS with `certificate` (paths of certificate and key). Raises StopTheRun where a
    port is taken.
    """

    def __init__(
        self,
        host: str,
        ports: Sequence[int],
        *,
        secure: Sequence[bool] = (),
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._secure = [*secure, *(False for _ in ports)][: len(ports)]
        self._certificate = certificate
        self._sockets: list[socket.socket] = []
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None
        for port in ports:
            self._bind(host, port)
        self.urls = [
            f"{'https' if tls else 'http'}://{host}:{bound.getsockname()[1]}"
            for bound, tls in zip(self._sockets, self._secure, strict=True)
        ]

    def start(self, apps: Sequence[ASGIApp]) -> None:
        """Serves the applications, one for each port, and returns when all of them answer."""
        self._servers = [
            uvicorn.Server(_config(app, self._certificate if tls else None))
            for app, tls in zip(apps, self._secure, strict=True)
        ]
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="leadrelay-sandbox", daemon=True
        )
        self._thread.start()
        pause = threading.Event()
        waited = 0.0
        while not all(server.started for server in self._servers):
            if waited > START_SECONDS or not self._thread.is_alive():
                self.stop()
                raise StopTheRun("the sandbox's servers did not start")
            pause.wait(0.005)
            waited += 0.005

    def stop(self) -> None:
        """Ends the servers and waits for them; calling it twice does no harm."""
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(START_SECONDS)
            self._thread = None
        for bound in self._sockets:
            bound.close()
        self._sockets = []

    def _bind(self, host: str, port: int) -> None:
        # The protocol is named because asyncio turns Nagle off only where it is.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._sockets.append(bound)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            bound.listen(128)
        except OSError as error:
            self.stop()
            raise StopTheRun(f"cannot listen on {host}:{port}: {error.strerror}") from error

    async def _serve(self) -> None:
        await asyncio.gather(
            *(
                server.serve(sockets=[bound])
                for server, bound in zip(self._servers, self._sockets, strict=True)
            )
        )


def _config(app: ASGIApp, certificate: tuple[Path, Path] | None) -> uvicorn.Config:
    """HTTP/1.1 with keep-alive; the Date header is the sandbox's own, not this machine's."""
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=65_536,
        ssl_certfile=certificate[0] if certificate else None,
        ssl_keyfile=certificate[1] if certificate else None,
    )
