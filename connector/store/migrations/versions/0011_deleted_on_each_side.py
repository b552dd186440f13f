"""Whether a lead's record is deleted in the CRM, apart from whether its contact is in marketing."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The next measuring folds every event anew, and fills it."""
    column = sa.Column("gone_last", sa.String(), nullable=False, server_default="")
    op.add_column("journey", column)
