"""Salesforce behind its usual client, translated at one door."""
