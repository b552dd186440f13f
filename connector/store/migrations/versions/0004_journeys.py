"""What became of each lead in each cycle, kept so that measuring only reads what is new."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENTS = (
    *("captured_at", "marketing_qualified_at", "sales_qualified_at", "passed_at", "delivered_at"),
    *("answered_at", "accepted_at", "rejected_at", "recycled_at", "opportunity_at", "won_at"),
    "lost_at",
)
_WORDS = (
    *("source", "campaign", "segment", "product", "team", "rule", "ruleset"),
    *("owner_last", "answer_last", "rejected_last", "recycled_last", "deleted_last"),
    "merged_into",
)


def upgrade() -> None:
    """Makes the tables; the first measuring fills them."""
    op.create_table(
        "journey",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in _MOMENTS),
        *(sa.Column(name, sa.String(), nullable=False, server_default="") for name in _WORDS),
        sa.PrimaryKeyConstraint("lead_id", "cycle", name="journey_pk"),
    )
    for column in ("captured_at", "passed_at", "recycled_at", "won_at"):
        op.create_index(
            f"journey_{column}",
            "journey",
            [column],
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_table(
        "deal",
        sa.Column("opportunity", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("opportunity", "lead_id", "cycle", name="deal_pk"),
    )
    op.create_index("deal_lead_id", "deal", ["lead_id"])
