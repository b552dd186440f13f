"""HubSpot and Salesforce over real HTTP, with their quirks, faults on demand, and people."""
