"""The custom fields and fixed lists with which every sandbox organisation starts."""

from typing import Any

_REASONS = [
    "No budget", "No authority", "No need", "Bad timing", "Unreachable", "Wrong contact data",
    "Duplicate", "Competitor", "Student", "Other",
]  # fmt: skip
_KEY: dict[str, Any] = {
    "name": "Leadrelay_Id__c",
    "label": "Leadrelay Id",
    "type": "string",
    "length": 80,
    "external_id": True,
    "unique": True,
}
_SCORE: dict[str, Any] = {"name": "Lead_Score__c", "type": "double", "scale": 2}

CUSTOM_FIELDS: dict[str, tuple[dict[str, Any], ...]] = {
    "Lead": (
        _KEY,
        _SCORE,
        {"name": "Lead_Rank__c", "type": "double"},
        {"name": "Lead_Temperature__c", "type": "picklist", "values": ["Cold", "Warm", "Hot"]},
        {"name": "Lead_Cycle__c", "type": "double"},
        {"name": "Handoff_Brief__c", "type": "longtext", "length": 32000},
        {"name": "Handoff_Rule__c", "type": "string", "length": 255},
        {"name": "Ruleset_Version__c", "type": "string", "length": 40},
        {"name": "Handed_Off_At__c", "type": "datetime"},
        {
            "name": "Disposition_Reason__c",
            "type": "picklist",
            "restricted": True,
            "values": _REASONS,
        },
        {"name": "Sales_Note__c", "type": "longtext", "length": 32000},
        {"name": "Activity_History__c", "type": "longtext", "length": 32000},
        {"name": "Promise_Due__c", "type": "datetime"},
    ),
    "Contact": (_KEY, _SCORE),
    "Opportunity": (_KEY,),
    "Task": (_KEY,),
}

LEAD_STATUSES = (  # label, default, converted
    ("Open - Not Contacted", True, False),
    ("Working - Contacted", False, False),
    ("Closed - Converted", False, True),
    ("Closed - Not Converted", False, False),
)

TASK_STATUSES = (  # label, default, closed
    ("Not Started", True, False),
    ("In Progress", False, False),
    ("Completed", False, True),
    ("Waiting on someone else", False, False),
    ("Deferred", False, False),
)

STAGES = (  # label, probability, closed, won, forecast category
    ("Prospecting", 10, False, False, "Pipeline"),
    ("Qualification", 10, False, False, "Pipeline"),
    ("Needs Analysis", 20, False, False, "Pipeline"),
    ("Value Proposition", 50, False, False, "Pipeline"),
    ("Id. Decision Makers", 60, False, False, "Pipeline"),
    ("Perception Analysis", 70, False, False, "Pipeline"),
    ("Proposal/Price Quote", 75, False, False, "Pipeline"),
    ("Negotiation/Review", 90, False, False, "Pipeline"),
    ("Closed Won", 100, True, True, "Closed"),
    ("Closed Lost", 0, True, False, "Omitted"),
)
