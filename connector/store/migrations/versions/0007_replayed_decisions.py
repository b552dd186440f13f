"""What a decision knew besides the values, and its run, so that it can be taken again."""

import sqlalchemy as sa
from alembic import op

from connector.store.types import Document

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; decisions from before keep them empty and cannot be told by their run."""
    op.add_column("snapshot", sa.Column("state", Document()))
    op.add_column("snapshot", sa.Column("surroundings", Document()))
    op.add_column("snapshot", sa.Column("run_id", sa.String(), nullable=False, server_default=""))
    op.drop_index("snapshot_once", "snapshot")
    op.create_index(
        "snapshot_once",
        "snapshot",
        ["lead_id", "hash", "ruleset", "cycle", "run_id"],
        unique=True,
    )
    op.create_index("snapshot_run_id", "snapshot", ["run_id"])
