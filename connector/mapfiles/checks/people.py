"""People who cannot get leads, teams without members, calendars that never open."""

from functools import cache
from zoneinfo import available_timezones

from connector.mapfiles.checks.ground import Ground
from connector.mapfiles.hints import nearest
from connector.mapfiles.shapes.people import PeopleFile
from connector.mapfiles.shapes.routing import RouteShape, RoutingFile, TargetShape
from connector.mapfiles.sheets import Notes, Sheet
from connector.mapfiles.yaml_text import Path


def check_people(ground: Ground) -> None:
    """The roster, and whether it can carry what routing asks of it."""
    sheet = ground.sheet("people.yaml")
    if sheet is None or not isinstance(sheet.shape, PeopleFile):
        return
    shape = sheet.shape
    _calendars(shape, sheet, ground.notes)
    _persons(shape, sheet, ground)
    for name, queue in shape.queues.items():
        if not queue.responsible:
            ground.notes.add(
                "queue-without-responsible",
                sheet.key_place(("queues", name)),
                f"nobody answers for what waits in the queue '{name}'",
                "Add `responsible: …`.",
                warning=True,
            )
    routing = ground.sheet("routing.yaml")
    if routing is not None and isinstance(routing.shape, RoutingFile):
        _receivers(shape, routing.shape, routing, ground.notes)


def _calendars(shape: PeopleFile, sheet: Sheet, notes: Notes) -> None:
    zones = _zones()
    for name, calendar in shape.calendars.items():
        path: Path = ("calendars", name)
        if calendar.time_zone not in zones:
            guess = nearest(calendar.time_zone, zones)
            notes.add(
                "unknown-time-zone",
                sheet.place((*path, "time_zone")),
                f"there is no time zone '{calendar.time_zone}'",
                f"Did you mean '{guess}'?" if guess else "Write an IANA name: Europe/Berlin.",
            )
        if not any(calendar.hours.values()):
            notes.add(
                "never-open",
                sheet.key_place((*path, "hours")),
                f"the calendar '{name}' has no working hours: promises would never be due",
                "Add hours: {mon-fri: 09:00-17:30}.",
            )
        if calendar.public_holidays and not _knows_holidays(calendar.public_holidays):
            notes.add(
                "unknown-holidays",
                sheet.place((*path, "public_holidays")),
                f"no public holidays are known for '{calendar.public_holidays}'",
                "Write a country, or country-region: FR, DE-BE. Other days go to `closed`.",
            )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _knows_holidays(region: str) -> bool:
    import holidays  # takes a tenth of a second; only where a calendar asks for it

    country, _, part = region.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    return country in known and (not part or part in known[country])


def _persons(shape: PeopleFile, sheet: Sheet, ground: Ground) -> None:
    addresses: dict[str, str] = {}
    for name, person in shape.people.items():
        path: Path = ("people", name)
        other = addresses.setdefault(person.email.casefold(), name)
        if other != name:
            ground.notes.add(
                "two-people-one-address",
                sheet.place((*path, "email")),
                f"'{name}' and '{other}' have the same e-mail address",
                "Give each person their own.",
            )
        if person.deputy == name:
            ground.notes.add(
                "own-deputy",
                sheet.place((*path, "deputy")),
                f"'{name}' cannot step in for themselves",
                "Name somebody else.",
            )
        for at, absence in enumerate(person.absences):
            where = sheet.place((*path, "absences", at))
            if absence.last < absence.first:
                ground.notes.add(
                    "absence-backwards",
                    where,
                    f"the absence ends on {absence.last}, before it begins on {absence.first}",
                    "Swap the days.",
                )
            elif absence.first <= ground.today <= absence.last and not person.deputy:
                ground.notes.add(
                    "absent-without-deputy",
                    where,
                    f"'{name}' is away and nobody steps in",
                    "Add `deputy: …`.",
                    warning=True,
                )


def _receivers(shape: PeopleFile, routing: RoutingFile, sheet: Sheet, notes: Notes) -> None:
    targets: list[tuple[TargetShape, Path]] = [
        (rule.to, ("rules", at, "to")) for at, rule in enumerate(routing.rules)
    ]
    targets.append((routing.fallback, ("fallback",)))
    for target, path in targets:
        if target.team in shape.teams:
            _team(target.team, shape, sheet, (*path, "team"), notes)
        person = shape.people.get(target.person or "")
        if person is not None and not person.salesforce_user:
            notes.add(
                "cannot-own",
                sheet.place((*path, "person")),
                f"'{target.person}' has no user in Salesforce and cannot own a lead",
                "Add `salesforce_user: …` to the person in people.yaml.",
            )
    _modes(routing, sheet, notes)


def _team(team: str, shape: PeopleFile, sheet: Sheet, path: Path, notes: Notes) -> None:
    members = {name: one for name, one in shape.people.items() if team in one.teams}
    able = {n: one for n, one in members.items() if one.salesforce_user and one.weight > 0}
    if not able:
        what = "has no members" if not members else "has nobody who can own a lead"
        notes.add(
            "empty-team",
            sheet.place(path),
            f"the team '{team}' {what}",
            "Put people with `salesforce_user` and a weight above 0 into the team.",
        )
    elif all(one.on_hold for one in able.values()):
        notes.add(
            "team-on-hold",
            sheet.place(path),
            f"everybody in the team '{team}' is on hold",
            "Remove `on_hold` from somebody, or route elsewhere.",
            warning=True,
        )


def _modes(routing: RoutingFile, sheet: Sheet, notes: Notes) -> None:
    rules: tuple[RouteShape, ...] = routing.rules
    used = {routing.mode: sheet.place(("mode",))}
    for at, rule in enumerate(rules):
        if rule.mode is not None:
            used.setdefault(rule.mode, sheet.place(("rules", at, "mode")))
    for mode, key, setting in (
        ("single_contact", "single_contact", routing.single_contact),
        ("tele_qualification", "tele_team", routing.tele_team),
    ):
        where = next((place for one, place in used.items() if one == mode), None)
        if where is not None and not setting:
            notes.add(
                "mode-without-receiver",
                where,
                f"the mode {mode} needs to know who comes first",
                f"Add `{key}: …` to routing.yaml.",
            )
