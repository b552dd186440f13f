"""What is wrong with a set of mapping files although each file is well formed."""
