"""An index of the facts about opportunities, so that a day's news is folded in an instant."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DEALT = sa.text("kind IN ('lost', 'opportunity_changed', 'opportunity_created', 'reopened', 'won')")


def upgrade() -> None:
    """Makes the index."""
    op.create_index("event_dealt", "event", ["lead_id"], sqlite_where=DEALT, postgresql_where=DEALT)
