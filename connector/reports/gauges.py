"""The shared metrics in Prometheus' text format, for a node exporter's folder of text files."""

from collections.abc import Sequence

from connector.core.metrics import STEPS, Figures

HELP = {
    "leadrelay_journeys": "Lead cycles that reached a step, by source.",
    "leadrelay_waiting": "Passed leads that wait for an answer, by source.",
    "leadrelay_revenue": "Won opportunities in the common currency, by source.",
}


def to_prometheus(found: Sequence[Figures]) -> str:
    """One sample a line; gauges, since late facts and reopened deals may lower them."""
    lines = _head("leadrelay_journeys")
    for one in found:
        for step in STEPS:
            labels = f'source="{_escaped(one.group)}",step="{step.name}"'
            lines.append(f"leadrelay_journeys{{{labels}}} {one.counts[step.name]}")
    lines += _head("leadrelay_waiting")
    lines += [f'leadrelay_waiting{{source="{_escaped(o.group)}"}} {o.waiting}' for o in found]
    lines += _head("leadrelay_revenue")
    for one in found:
        labels = f'source="{_escaped(one.group)}",currency="{one.currency}"'
        lines.append(f"leadrelay_revenue{{{labels}}} {one.revenue}")
    return "\n".join(lines) + "\n"


def _head(name: str) -> list[str]:
    return [f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge"]


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
