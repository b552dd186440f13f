"""One use case a file; flows know only core and ports."""
