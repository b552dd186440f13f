"""One file per step; files here are never edited after a release."""
