"""What Prometheus scrapes from a worker, and what a container's probe asks it."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from connector.core.errors import ConnectorError, StopTheRun
from connector.engine.picture import picture
from connector.engine.timetable import ills
from connector.reports import prometheus
from connector.runner import Job
from connector.wiring import Workbench

log = logging.getLogger("leadrelay.work")

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@contextmanager
def served(
    address: tuple[str, int], bench: Callable[[], Workbench], jobs: Mapping[str, Job]
) -> Iterator[int]:
    """Answers `/metrics` and `/health` while the block runs; yields the port (0 takes a free one).

    Nobody is asked who they are and no person is named: counts, jobs and causes only. Raises
    StopTheRun where the address cannot be had.
    """

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {"/metrics": _metrics, "/health": _health}
            page = pages.get(self.path.partition("?")[0])
            try:
                status, body = page(bench(), jobs) if page else (404, "not found\n")
            except ConnectorError as error:
                status, body = 503, f"{error}\n"
            self.send_response(status)
            self.send_header("Content-Type", TYPE)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_given: object) -> None:
            """A scrape every few seconds is no news."""

    try:
        server = ThreadingHTTPServer(address, Answers)
    except OSError as error:
        raise StopTheRun(f"--metrics {address[0]}:{address[1]}: {error.strerror}") from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    port = int(server.server_address[1])
    log.info("metrics served", extra={"port": port})
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _metrics(bench: Workbench, jobs: Mapping[str, Job]) -> tuple[int, str]:
    return 200, prometheus.to_text(picture(bench, jobs))


def _health(bench: Workbench, jobs: Mapping[str, Job]) -> tuple[int, str]:
    faults = ills(bench.config.timetable, bench.ledger, jobs, bench.clock.now())
    return (503, "; ".join(faults) + "\n") if faults else (200, "all is well\n")
