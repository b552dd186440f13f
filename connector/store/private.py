"""Files with personal data or secrets: for their owner alone, whoever could read them before."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Writes the whole file with mode 0600."""
    keep_private(path)
    path.write_bytes(data)


def make_private(path: Path, data: bytes) -> None:
    """Writes a new file with mode 0600; raises FileExistsError where there is one."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def keep_private(path: Path) -> None:
    """Makes the file where it is missing, and takes it from everybody but its owner."""
    path.touch(mode=0o600, exist_ok=True)
    found = path.stat()
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        path.chmod(0o600)
