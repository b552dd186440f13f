"""SOQL: a grammar, a compiler to closures, and the pages of an answer."""
