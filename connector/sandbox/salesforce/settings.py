"""What can be switched in the simulated organisation."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceSettings:
    """The sandbox's credentials, limits and moods. Seconds and counts are plain numbers.

    - `public_key`: the PEM with which JWT assertions are verified; without it they are refused.
    - `tokens`, `refresh_tokens`: accepted from the beginning; `tokens` never expire.
    - `session_seconds`: how long a session lives unused.
    - all versions from `oldest_version` to `newest_version` answer alike.
    - `page_size`: rows of a query page, at most 2,000.
    - `edit_converted_leads`: the user has "View and Edit Converted Leads".
    - `bulk_seconds`: from UploadComplete to JobComplete; half of it is spent waiting [B].
    - `bulk_result_order`: "as sent" or "shuffled" (the real order is not guaranteed [D]).
    - `late_commit_*`: how likely a write becomes visible only so many seconds after its stamp.
    - `lock_row_*`: every n-th write through the API, or by chance, is UNABLE_TO_LOCK_ROW.
    - `tracked_fields`: fields with a history, per object.
    - `currencies`: some make a multi-currency organisation; the first is the corporate one.
    """

    my_domain: str = "acme.my.salesforce.com"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"
    public_key: str | None = None
    username: str = "integration@acme.example.com"
    password: str = "sandbox-password"
    security_token: str = "sandboxtoken"
    refresh_tokens: tuple[str, ...] = ("sandbox-refresh",)
    tokens: tuple[str, ...] = ("00D-sandbox-session",)
    rotate_refresh_tokens: bool = False
    session_seconds: int = 7200
    soap_login: bool = True

    oldest_version: int = 50
    newest_version: int = 68

    enforce_limits: bool = True
    daily_api_requests: int = 100_000
    app_name: str | None = None
    page_size: int = 2000
    currencies: tuple[str, ...] = ()

    edit_converted_leads: bool = False
    bulk_seconds: int = 0
    bulk_result_order: str = "as sent"
    late_commit_probability: float = 0.0
    late_commit_seconds: int = 90
    lock_row_every: int = 0
    lock_row_probability: float = 0.0

    tracked_fields: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "Lead": ("Status", "OwnerId", "Rating", "LeadSource", "Disposition_Reason__c"),
            "Opportunity": ("StageName", "Amount", "CloseDate", "OwnerId", "Probability"),
        }
    )
