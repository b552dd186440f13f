"""The only file that knows every class."""
