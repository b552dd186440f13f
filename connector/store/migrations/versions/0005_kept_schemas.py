"""How each system described its objects, whole, so that a change can be told field by field."""

import sqlalchemy as sa
from alembic import op

from connector.store.types import Document

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; the next look fills it."""
    op.add_column("schema_seen", sa.Column("content", Document()))
