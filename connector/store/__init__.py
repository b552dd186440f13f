"""The ledger: what was read, decided, done and learned, on SQLite or PostgreSQL."""

from connector.store.ledger import SqlLedger, open_ledger
from connector.store.transaction import SqlTransaction

__all__ = ["SqlLedger", "SqlTransaction", "open_ledger"]
