"""How the configuration signs in to both systems."""

import hashlib
import time
from typing import TYPE_CHECKING

from connector.config import Config, text_of
from connector.core.errors import StopTheRun
from connector.core.records import System

if TYPE_CHECKING:
    from connector.adapters.hubspot.signin import SignIn as HubSpotSignIn
    from connector.adapters.salesforce.signin import SignIn as SalesforceSignIn


def hubspot(config: Config) -> "HubSpotSignIn":
    """How to sign in to HubSpot; raises StopTheRun where nothing is configured."""
    from connector.adapters.hubspot.signin import OAuth, PrivateToken

    part = config.hubspot
    if part.token:
        return PrivateToken(part.token.get_secret_value())
    if part.client_id and part.client_secret and part.refresh_token:
        return OAuth(
            client_id=part.client_id,
            client_secret=part.client_secret.get_secret_value(),
            refresh_token=part.refresh_token.get_secret_value(),
            clock=time.time,
        )
    raise StopTheRun(
        "config: no HubSpot credentials\n    Set LEADRELAY_HUBSPOT__TOKEN (a service key or a "
        "private-app token), or client_id, client_secret and refresh_token for OAuth."
    )


def salesforce(config: Config) -> "SalesforceSignIn":
    """How to sign in to Salesforce; raises StopTheRun where nothing is configured."""
    from connector.adapters.salesforce.signin import ClientCredentials, JwtBearer

    part = config.salesforce
    domain = part.domain if "." in part.domain else f"{part.domain}.my"
    address = domain if domain.endswith(".com") else f"{domain}.salesforce.com"
    if part.domain and part.client_id and part.client_secret:
        return ClientCredentials(
            client_id=part.client_id,
            client_secret=part.client_secret.get_secret_value(),
            domain=address,
        )
    if part.domain and part.client_id and part.username and part.private_key_file:
        return JwtBearer(
            client_id=part.client_id,
            username=part.username,
            private_key=text_of(part.private_key_file),
            domain=address,
            clock=time.time,
        )
    raise StopTheRun(
        "config: no Salesforce credentials\n    Set salesforce.domain and client_id, and "
        "LEADRELAY_SALESFORCE__CLIENT_SECRET (or username and private_key_file for JWT bearer)."
    )


def digest(config: Config, system: System) -> str:
    """Tells one way of signing in from another, without telling what it is.

    HubSpot's tokens are long and random, so that nobody finds one by its digest.
    """
    one, other = config.hubspot, config.salesforce
    if system is System.HUBSPOT:
        secret = one.token or one.refresh_token
        parts = (one.base_url, secret.get_secret_value() if secret else "")
    else:
        parts = (other.base_url or "", other.domain)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
