"""A brake: a side that is suddenly near empty is not believed, and nothing is concluded from it."""

from connector.core.errors import StopTheRun

FEW = 20  #: below so many records a share says nothing
MOST_GONE = 50  #: percent of what the ledger knows that may be gone at a time, unless set otherwise


def believe(system: str, shown: int, known: int, most_gone: int = MOST_GONE) -> None:
    """Raises StopTheRun where a system shows too little of what the ledger knows to be there."""
    if known >= FEW and (known - shown) * 100 > known * most_gone:
        raise StopTheRun(
            f"{system} shows {shown} of {known} records: it is not believed, and nothing was "
            "concluded\n    See whether the token still may read them, or somebody deleted them. "
            "If it is meant, set [caps] gone_percent to 100 for one run."
        )
