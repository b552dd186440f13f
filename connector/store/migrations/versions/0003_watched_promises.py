"""When each lead's promises are to be looked at again, and indexes for hand-offs and the centre."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GIVEN = sa.text("kind IN ('handed_off', 'reassigned', 'passed_on')")
QUEUED = sa.text("kind = 'queued_for_centre'")


def upgrade() -> None:
    """Makes the table and the indexes."""
    op.create_table(
        "watched",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("hold", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["lead.id"],
            name="watched_lead_id_fk",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("lead_id", name="watched_pk"),
    )
    op.create_index(
        "watched_look_at",
        "watched",
        ["look_at"],
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_index(
        "watched_hold",
        "watched",
        ["lead_id"],
        sqlite_where=sa.text("hold <> '[]'"),
        postgresql_where=sa.text("hold <> '[]'"),
    )
    op.create_index("event_given", "event", ["at"], sqlite_where=GIVEN, postgresql_where=GIVEN)
    op.create_index(
        "event_queued", "event", ["lead_id"], sqlite_where=QUEUED, postgresql_where=QUEUED
    )
