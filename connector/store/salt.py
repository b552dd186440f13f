"""The secret by which erased people are recognised: in a file of its own, or given."""

import secrets
from contextlib import suppress
from pathlib import Path

from connector.core.errors import StopTheRun
from connector.store import tombstones
from connector.store.ledger import SqlLedger
from connector.store.private import make_private


class Salt:
    """Read anew each time: somebody else may make the file while a run goes on."""

    def __init__(self, ledger: SqlLedger, file: Path, given: str = "") -> None:
        self._ledger, self._file, self._given = ledger, file, given.encode()

    def read(self) -> bytes:
        """Empty while nobody was ever erased."""
        return self._given or (self._file.read_bytes() if self._file.exists() else b"")

    def check(self) -> None:
        """Raises StopTheRun where people were erased whom this salt does not recognise."""
        with self._ledger.reading() as connection:
            tombstones.check(connection, self.read())

    def make(self) -> bytes:
        """The same, made if nobody was erased yet; readable by its owner alone.

        Raises StopTheRun where people were erased by another one, or the file is empty.
        """
        self.check()
        if salt := self.read():
            return salt
        with suppress(FileExistsError):  # somebody else makes it at this moment
            make_private(self._file, secrets.token_hex(32).encode())
        if salt := self.read():
            return salt
        raise StopTheRun(f"{self._file} is empty: remove it, and forget makes a new one")

    def hide(self, opportunity: str) -> str:
        """The name under which a deal of an erased person counts on."""
        return tombstones.salted(self.read(), "opportunity", opportunity)[:16]
