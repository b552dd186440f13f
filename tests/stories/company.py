"""A handful of made-up people for stories, as their contacts stand in HubSpot."""

from tests.stories.conftest import Story

EVA = {
    "email": "eva.hofer@alpenblick.example",
    "firstname": "Eva",
    "lastname": "Hofer",
    "phone": "+43 1 555 0123",
    "company": "Alpenblick AG",
    "jobtitle": "Chief Technology Officer",
    "country": "Austria",
    "industry": "COMPUTER_SOFTWARE",
    "numberofemployees": "900",
    "annualrevenue": "140000000",
    "lr_lead_interest": "Demo",
    "lr_product": "Northlight Flow",
    "lr_timeframe": "This quarter",
    "hs_analytics_source": "ORGANIC_SEARCH",
}
LUC = EVA | {
    "email": "luc.moreau@assurlyon.example",
    "firstname": "Luc",
    "lastname": "Moreau",
    "phone": "+33 4 72 00 01 02",
    "company": "AssurLyon",
    "country": "France",
    "numberofemployees": "300",
    "industry": "INSURANCE",
}
ISA = EVA | {
    "email": "isa.dunn@oakfield.example",
    "firstname": "Isa",
    "lastname": "Dunn",
    "phone": "+44 20 7946 0123",
    "company": "Oakfield Ltd",
    "country": "United Kingdom",
    "numberofemployees": "120",
}
#: Maps but for the phone number, which belongs to no country.
BEN = EVA | {
    "email": "ben.hale@oakfield.example",
    "firstname": "Ben",
    "lastname": "Hale",
    "phone": "call me",
}
#: Reads a newsletter; nobody sales should be bothered with.
KIM = {
    "email": "kim.ray@meadow.example",
    "lastname": "Ray",
    "company": "Meadow",
    "lr_lead_interest": "Newsletter",
}
QUALIFIED = (EVA, LUC, ISA)


def come(story: Story, *people: dict[str, str]) -> list[str]:
    """Puts people into HubSpot; returns their ids."""
    with story.world.lock:
        return [str(story.world.hubspot.create("contacts", dict(p))["id"]) for p in people]
