"""The shared metrics in Prometheus' text format, for a node exporter's folder of text files."""

from collections.abc import Mapping, Sequence

from connector.core.metrics import STEPS, Figures
from connector.reports.prometheus import gauge

HELP = {
    "leadrelay_journeys": "Lead cycles that reached a step, by source.",
    "leadrelay_waiting": "Passed leads that wait for an answer, by source.",
    "leadrelay_revenue": "Won opportunities in the common currency, by source.",
}


def to_prometheus(found: Sequence[Figures]) -> str:
    """One sample a line; gauges, since late facts and reopened deals may lower them."""
    samples: Mapping[str, list[tuple[Mapping[str, str], object]]] = {
        "leadrelay_journeys": [
            ({"source": one.group, "step": step.name}, one.counts[step.name])
            for one in found
            for step in STEPS
        ],
        "leadrelay_waiting": [({"source": one.group}, one.waiting) for one in found],
        "leadrelay_revenue": [
            ({"source": one.group, "currency": one.currency}, one.revenue) for one in found
        ],
    }
    return "".join(gauge(name, HELP[name], rows) for name, rows in samples.items())
