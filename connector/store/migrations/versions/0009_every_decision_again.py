"""HubSpot's own words, and later steps to sales, so that every decision can be taken again."""

import sqlalchemy as sa
from alembic import op

from connector.store.types import Document

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; decisions from before keep them empty."""
    op.add_column("snapshot", sa.Column("said", Document()))
    op.add_column("snapshot", sa.Column("step", sa.String(), nullable=False, server_default=""))
    op.drop_index("snapshot_once", "snapshot")
    op.create_index(
        "snapshot_once",
        "snapshot",
        ["lead_id", "hash", "ruleset", "cycle", "run_id", "step"],
        unique=True,
    )
