"""A real file of 9,240 leads, loaded as contacts through a mapping that the caller gives."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from connector.sandbox.load import load_csv
from connector.sandbox.world import World

FILE = Path(__file__).parents[3].parent / "shared" / "data" / "xeducation" / "leads.csv"
MAPPING = {"Country": "country", "City": "city", "Prospect ID": "lastname", "Search": ""}


def test_the_file_of_x_education_arrives_whole() -> None:
    if not FILE.exists():
        pytest.skip("the X Education file is not beside this repository")
    world = World()
    assert load_csv(world, FILE, MAPPING) == 9_240
    contacts = [row["properties"] for row in world.hubspot.records("contacts")]
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [one["lastname"] for one in contacts] == [row["Prospect ID"] for row in rows]
    visits = [int(one["totalvisits"]) for one in contacts if one.get("totalvisits")]
    assert (sum(visits), 9_240 - len(visits)) == (31_362, 137)
    assert Counter(one["converted"] for one in contacts) == {"1": 3_561, "0": 5_679}
    assert Counter(one.get("country", "") for one in contacts) == Counter(
        row["Country"] for row in rows
    )
    assert "search" not in contacts[0]
