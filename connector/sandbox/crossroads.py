"""A proxy that leads the vendors' own addresses to the sandbox, for clients with fixed hosts."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping

from connector.core.errors import StopTheRun

VENDOR_NAMES = ("*.hubapi.com", "*.salesforce.com", "*.my.salesforce.com")
_CHUNK = 65_536


class Crossroads:
    """An HTTPS proxy (CONNECT) on a loopback port: each vendor host ends at its simulated system.

    `ways` maps the end of a host name to the (host, port) it really leads to; every other host is
    refused, so that nothing of a rehearsal leaves the machine. Clients find it by HTTPS_PROXY.
    """

    def __init__(self, ways: Mapping[str, tuple[str, int]], host: str = "127.0.0.1") -> None:
        self._ways = ways
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadrelay-proxy", daemon=True)
        self.refused: list[str] = []
        self.url = ""

    def start(self) -> None:
        """Listens from now on; `url` is the proxy's address."""
        self._thread.start()
        if not self._ready.wait(10) or not self.url:
            raise StopTheRun("the sandbox's proxy did not start")

    def stop(self) -> None:
        """Ends the proxy and every connection through it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, self._host, 0))
        self.url = f"http://{self._host}:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(server.wait_closed())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            way = self._way(target.rpartition(":")[0]) if method == "CONNECT" else None
            if way is None:
                self.refused.append(target)
                writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
            else:
                await self._join(reader, writer, way)
        writer.close()

    def _way(self, host: str) -> tuple[str, int] | None:
        return next((way for end, way in self._ways.items() if host.endswith(end)), None)

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: tuple[str, int]
    ) -> None:
        there, back = await asyncio.open_connection(*way)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
    target.close()
