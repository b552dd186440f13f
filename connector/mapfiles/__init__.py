"""The files that admins edit, read into core values or a list of problems."""
