"""What every organisation has from the beginning: itself, its integration user, its lists."""

from connector.sandbox.salesforce.custom import LEAD_STATUSES, STAGES, TASK_STATUSES
from connector.sandbox.salesforce.org import AssignmentEntry, AssignmentRule, Org
from connector.sandbox.salesforce.schema import PicklistValue
from connector.sandbox.salesforce.tables import Row


def fill(org: Org) -> None:
    """Creates the organisation's first rows; the integration user becomes `org.user_id`."""
    moment = org.stamp()
    profile = org.objects["Profile"]
    profile_id = org.new_id(profile)
    user = org.objects["User"]
    org.user_id = org.new_id(user)
    audit = {
        "CreatedDate": moment,
        "CreatedById": org.user_id,
        "LastModifiedDate": moment,
        "LastModifiedById": org.user_id,
        "SystemModstamp": moment,
    }
    org.tables["Profile"].put(
        profile_id, {"Id": profile_id, "Name": "System Administrator", **audit}
    )
    org.tables["User"].put(
        org.user_id,
        {
            **user.defaults,
            **user_fields(org, org.settings.username, "Integration", "User"),
            "Id": org.user_id,
            "Name": "Integration User",
            "IsActive": True,
            "UserPermissionsMarketingUser": True,
            **audit,
        },
    )
    _organization(org, audit)
    _lists(org, audit)


def user_fields(org: Org, username: str, first_name: str, last_name: str) -> Row:
    """What a user must have, in the sandbox's defaults."""
    profiles = org.tables["Profile"].rows
    return {
        "Username": username,
        "FirstName": first_name,
        "LastName": last_name,
        "Email": username,
        "Alias": (first_name[:1] + last_name)[:8].lower() or "user",
        "CommunityNickname": username.partition("@")[0][:40],
        "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "ProfileId": next(iter(profiles)),
        "LanguageLocaleKey": "en_US",
        "UserType": "Standard",
    }


def _organization(org: Org, audit: Row) -> None:
    row = {
        **org.objects["Organization"].defaults,
        "Id": org.org_id,
        "Name": org.settings.my_domain.partition(".")[0].capitalize(),
        "OrganizationType": "Developer Edition",
        "InstanceName": "HS1",
        "IsSandbox": True,
        "Country": "US",
        "TimeZoneSidKey": "GMT",
        "DefaultLocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "FiscalYearStartMonth": 1,
        "UiSkin": "Theme3",
        **audit,
    }
    org.tables["Organization"].put(org.org_id, row)


def _lists(org: Org, audit: Row) -> None:
    for order, (label, default, converted) in enumerate(LEAD_STATUSES, 1):
        _entry(org, "LeadStatus", label, order, audit, IsDefault=default, IsConverted=converted)
    for order, (label, default, closed) in enumerate(TASK_STATUSES, 1):
        _entry(org, "TaskStatus", label, order, audit, IsDefault=default, IsClosed=closed)
    for order, (label, probability, closed, won, forecast) in enumerate(STAGES, 1):
        _entry(
            org,
            "OpportunityStage",
            label,
            order,
            audit,
            IsActive=True,
            IsClosed=closed,
            IsWon=won,
            ForecastCategory=forecast,
            ForecastCategoryName=forecast,
            DefaultProbability=float(probability),
        )


def _entry(org: Org, name: str, label: str, order: int, audit: Row, **more: object) -> None:
    row_id = org.new_id(org.objects[name])
    row = {"Id": row_id, "MasterLabel": label, "ApiName": label, "SortOrder": order}
    org.tables[name].put(row_id, {**row, **more, **audit})


def add_lead_status(org: Org, label: str, *, converted: bool) -> None:
    """One more value of Lead.Status, in LeadStatus and in the describe."""
    field = org.objects["Lead"].fields["Status"]
    if label.lower() in field.known_values:
        raise ValueError(f"Lead.Status has {label!r} already")
    table = org.tables["LeadStatus"]
    first = next(iter(org.tables["Organization"].rows.values()))
    audit = {name: first[name] for name in ("CreatedDate", "CreatedById", "LastModifiedDate",
                                            "LastModifiedById", "SystemModstamp")}  # fmt: skip
    order = len(table.rows) + 1
    _entry(org, "LeadStatus", label, order, audit, IsDefault=False, IsConverted=converted)
    field.values = (*field.values, PicklistValue(value=label, label=label))
    field.known_values |= {label.lower()}


def add_assignment_rule(
    org: Org,
    sobject: str,
    name: str,
    entries: list[AssignmentEntry],
    *,
    active: bool,
    default_owner_id: str | None,
) -> str:
    """An assignment rule with its row; when active, the others of the object are not."""
    table = org.tables["AssignmentRule"]
    moment = org.stamp()
    if active:
        for row in org.matching("AssignmentRule", {"SobjectType": sobject}):
            table.put(row["Id"], {**row, "Active": False, "SystemModstamp": moment})
    row_id = org.new_id(org.objects["AssignmentRule"])
    table.put(
        row_id,
        {
            "Id": row_id,
            "Name": name,
            "SobjectType": sobject,
            "Active": active,
            "CreatedById": org.user_id,
            "CreatedDate": moment,
            "LastModifiedById": org.user_id,
            "LastModifiedDate": moment,
            "SystemModstamp": moment,
        },
    )
    org.assignment_rules[row_id] = AssignmentRule(
        rule_id=row_id, sobject=sobject, entries=entries, default_owner_id=default_owner_id
    )
    return row_id
