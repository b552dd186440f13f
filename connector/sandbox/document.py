"""Writes into docs/sandbox.md what stands in the code: endpoints, objects, open questions.

Run: python -m connector.sandbox.document
"""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.endpoints import RECORDED
from connector.sandbox.hubspot.kinds import KINDS
from connector.sandbox.hubspot.settings import HubSpotSettings
from connector.sandbox.hubspot.system import HubSpotSandbox
from connector.sandbox.salesforce.endpoints import ENDPOINTS, EVIDENCE
from connector.sandbox.salesforce.system import SalesforceSandbox
from connector.sandbox.world import DEFAULT_START

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
_OTHER_SPELLING = re.compile(r"/\d{4}-\d\d(/|$)|^/crm/[a-z]+/v\d|^/crm-object-schemas")


def _hubspot_endpoints() -> Iterator[str]:
    sandbox = HubSpotSandbox(SandboxClock(DEFAULT_START))
    methods: dict[str, list[str]] = {}
    for method, path in sandbox.endpoints():
        if not _OTHER_SPELLING.search(path):
            methods.setdefault(path, []).append(method)
    yield "| path | methods | replayed |"
    yield "|---|---|---|"
    for path in sorted(methods):
        replayed = [one for one in methods[path] if f"{one} {path}" in RECORDED]
        yield f"| `{path}` | {' '.join(methods[path])} | {' '.join(replayed)} |"


def _hubspot_objects() -> Iterator[str]:
    yield ", ".join(f"{kind.plural} ({kind.type_id})" for kind in KINDS) + "."


def _hubspot_questions() -> Iterator[str]:
    source = inspect.getsource(HubSpotSettings).split("# Open questions.")[1]
    yield "| switch | as it is | the question |"
    yield "|---|---|---|"
    for name, value, remark in re.findall(r"^    (\w+): .+? = (.+?)  # (.+)$", source, re.M):
        yield f"| `{name}` | `{value}` | {remark} |"


def _salesforce_endpoints() -> Iterator[str]:
    yield "| path | methods | what | evidence |"
    yield "|---|---|---|---|"
    for one in ENDPOINTS:
        yield f"| `{one.path}` | {' '.join(one.methods)} | {one.does} | {one.evidence} |"
    yield ""
    yield "; ".join(f"*{word}*: {meaning}" for word, meaning in EVIDENCE.items()) + "."


def _salesforce_objects() -> Iterator[str]:
    org = SalesforceSandbox(SandboxClock(DEFAULT_START)).org
    yield ", ".join(sorted(org.objects)) + "."


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "hubspot objects": _hubspot_objects,
    "hubspot endpoints": _hubspot_endpoints,
    "hubspot questions": _hubspot_questions,
    "salesforce objects": _salesforce_objects,
    "salesforce endpoints": _salesforce_endpoints,
}


def filled(page: str) -> str:
    """The page with each marked part as the code has it now."""
    for name, lines in PARTS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{chr(10).join(lines())}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
