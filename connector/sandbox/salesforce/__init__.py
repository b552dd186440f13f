"""The Salesforce half of the sandbox."""
