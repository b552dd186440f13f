"""Code that is written for a set of files, compiled once however often it is asked for."""

from functools import lru_cache
from types import CodeType


@lru_cache(maxsize=256)
def compiled(source: str, name: str) -> CodeType:
    """The code of a module's text; `name` stands in tracebacks for its file."""
    return compile(source, name, "exec")
