"""A Salesforce organisation in memory: REST, Bulk, SOQL and sign-in, with the vendor's rules.

Behaviour is marked in the source by its evidence: [R] a recorded real answer, [D] the vendor's
documentation, [C] public client source or issue threads, [B] background knowledge that no source
here confirms. What carries no mark is [R] or [D].

Not simulated: SOSL and recently viewed records, custom objects, binary fields, Apex and
invocable actions, reports, the Metadata, Tooling, UI and Pub/Sub APIs, change events, sharing and
field-level security, multiple currencies, line items, GROUP BY ROLLUP and CUBE, geolocation
functions, `resultPages` of query jobs. Bulk results are kept until the job is deleted.
"""
