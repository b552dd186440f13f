"""A database that refuses counts as away while a worker runs; work that was lost is found."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from connector.engine.lost import UnderWay, asked_again


def refused(folder: Path) -> OperationalError:
    engine = create_engine(f"postgresql+psycopg://nobody@/nothing?host={folder}")
    with pytest.raises(OperationalError) as fault:
        engine.connect()
    return fault.value


def test_a_refused_connection_is_a_lost_one_while_a_worker_runs(tmp_path: Path) -> None:
    assert not refused(tmp_path).connection_invalidated
    with asked_again():
        assert refused(tmp_path).connection_invalidated
    assert not refused(tmp_path).connection_invalidated


def test_what_nobody_is_at_for_two_looks_is_lost_once() -> None:
    under_way = UnderWay()
    assert under_way.lost(["taken"]) == set()
    assert under_way.lost(["taken", "new"]) == {"taken"}
    assert under_way.lost(["taken", "new"]) == {"new"}  # the other one was given back meanwhile
    assert under_way.lost([]) == set()
