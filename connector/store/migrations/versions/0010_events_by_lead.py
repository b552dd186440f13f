"""Events found by lead and key in one index, where there was one of keys and one of leads.

A key is a hash: in an index of keys alone the five events of a lead lie in five places, far apart,
each a page to read and to write. The key of a fact holds its lead, so that both together are as
unique as the key.
"""

import sqlalchemy as sa
from alembic import op

from connector.store.types import Document

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GIVEN = sa.text("kind IN ('handed_off', 'reassigned', 'passed_on')")
QUEUED = sa.text("kind = 'queued_for_centre'")
DEALT = sa.text("kind IN ('lost', 'opportunity_changed', 'opportunity_created', 'reopened', 'won')")
BEFORE = "event_before"


def upgrade() -> None:
    """SQLite drops a constraint only with its table."""
    if op.get_bind().dialect.name == "sqlite":
        _anew()
    else:
        op.drop_index("event_lead_id", "event")
        op.drop_constraint("event_key_key", "event", type_="unique")
    op.create_index("event_once", "event", ["lead_id", "key"], unique=True)


def _anew() -> None:
    for name in ("event_lead_id", "event_given", "event_queued", "event_dealt"):
        op.drop_index(name, "event")
    op.rename_table("event", BEFORE)
    made = op.create_table(
        "event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("data", Document(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("place_file", sa.String(), nullable=False),
        sa.Column("place_line", sa.Integer(), nullable=False),
        sa.Column("place_column", sa.Integer(), nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="event_pk"),
    )
    columns = ", ".join(f'"{column.name}"' for column in made.c)
    op.execute(f"INSERT INTO event ({columns}) SELECT {columns} FROM {BEFORE} ORDER BY number")
    op.drop_table(BEFORE)
    op.create_index("event_given", "event", ["at"], sqlite_where=GIVEN)
    op.create_index("event_queued", "event", ["lead_id"], sqlite_where=QUEUED)
    op.create_index("event_dealt", "event", ["lead_id"], sqlite_where=DEALT)
