"""Whether a webhook call really comes from HubSpot, and comes now: its signature, version 3."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

WINDOW = timedelta(minutes=5)  #: HubSpot says to refuse calls that are older
SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"

#: HubSpot signs the address with these characters decoded.
_DECODED = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")


def is_from_hubspot(
    secret: str,
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
) -> bool:
    """Checks HMAC-SHA256 over method, address, body and moment, in constant time.

    `url` is the whole address as HubSpot called it; header names in any case. False, never an
    exception, for anything that is missing, misshapen, too old or from the future.
    """
    found = {name.lower(): value for name, value in headers.items()}
    signature, stamp = found.get(SIGNATURE, ""), found.get(TIMESTAMP, "")
    if not signature.isascii() or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return False
    sent = now.timestamp() - int(stamp) / 1000
    if abs(sent) > WINDOW.total_seconds():
        return False
    message = method.upper().encode() + _decoded(url).encode() + body + stamp.encode()
    made = base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest())
    return hmac.compare_digest(made, signature.encode())


def _decoded(url: str) -> str:
    for code in _DECODED:
        for written in (code, code.lower()):
            url = url.replace(written, unquote(code))
    return url
