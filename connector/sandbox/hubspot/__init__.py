"""The HubSpot half of the sandbox."""
