"""Which lead's cycle an opportunity comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "opportunity",
        sa.Column("opportunity_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["lead.id"],
            name="opportunity_lead_id_fk",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "lead_id", name="opportunity_pk"),
    )
    op.create_index("opportunity_lead_id", "opportunity", ["lead_id"])
