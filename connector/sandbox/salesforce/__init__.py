"""A Salesforce organisation in memory: REST, Bulk, SOQL and sign-in, with the vendor's rules."""
