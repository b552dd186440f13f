"""The HubSpot half of the sandbox.

Simulated: records of ten types (list, read, create, update, archive, restore, upsert, merge,
privacy deletion, batches, histories), search over a trailing index, properties and groups, owners,
pipelines, associations version 4 with labels, lists with memberships, communication preferences 3
and 4, workflow and sequence enrolment, OAuth (refresh, client credentials, introspection), account
information and limits, webhooks with retries. `HubSpotSandbox.endpoints()` names every path.

Not simulated: custom object types, forms, conversations, marketing events, exports, imports, users,
the webhooks journal, filters of active lists, property validation rules, the delayed reading of
memberships, the authorization-code grant, and the ended versions 1 and 2.

Evidence: what is marked [C] in the source rests on secondary sources, [?] is not verified; the rest
follows recordings, HubSpot's documents and specifications. Open questions are switches in
settings.py. The tests replay recorded exchanges.
"""
