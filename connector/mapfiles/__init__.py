"""The files that admins edit, read into core values or a list of problems."""

from connector.mapfiles.check import Checked, check
from connector.mapfiles.load import Loaded, load

__all__ = ["Checked", "Loaded", "check", "load"]
