"""A marked person goes through everything; what must not know them is searched for the mark."""
