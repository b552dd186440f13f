"""Messages to people: mail and chat channels."""
