"""What the mapping files say, as checked, frozen values; every rule knows its file and line."""
