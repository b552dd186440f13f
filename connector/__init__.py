"""leadrelay: HubSpot and Salesforce, joined by one agreed set of files."""
