"""The first schema: cursors, leads, decisions, actions, links, events and what runs them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.BigInteger()  # microseconds since 1970, UTC
DOCUMENT = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('planned', 'waiting')")


def upgrade() -> None:
    """Makes every table."""
    _lead()
    _lead_indexes()
    _alias()
    _snapshot()
    _agreed()
    _link()
    _action()
    _action_indexes()
    _event()
    _turn()
    _counter()
    _cursor()
    _lease()
    _meta()
    _ruleset()
    _run()
    _schema_seen()
    _tombstone()


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hubspot_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("cycle_started_at", MOMENT, nullable=True),
        sa.Column("passed_at", MOMENT, nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("refused_by", DOCUMENT, nullable=False),
        sa.Column("cool_down_until", MOMENT, nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("snapshot_hash", sa.String(), nullable=True),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("captured_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("score_fit", sa.Double(), nullable=False),
        sa.Column("score_intent", sa.Double(), nullable=False),
        sa.Column("score_completeness", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("temperature", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("crm", DOCUMENT, nullable=False),
        sa.Column("look_again_at", MOMENT, nullable=True),
        sa.Column("salesforce_id", sa.String(), nullable=True),
        sa.Column("salesforce_kind", sa.String(), nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="lead_pk"),
    )


def _lead_indexes() -> None:
    op.create_index("lead_email", "lead", ["email"], unique=False)
    op.create_index("lead_hubspot_id", "lead", ["hubspot_id"], unique=False)
    op.create_index("lead_salesforce_id", "lead", ["salesforce_id"], unique=False)
    op.create_index(
        "lead_with_sales",
        "lead",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("passed_at IS NOT NULL AND disposition IS NULL"),
        postgresql_where=sa.text("passed_at IS NOT NULL AND disposition IS NULL"),
    )
    op.create_index(
        "lead_look_again_at",
        "lead",
        ["look_again_at"],
        unique=False,
        sqlite_where=sa.text("look_again_at IS NOT NULL"),
        postgresql_where=sa.text("look_again_at IS NOT NULL"),
    )
    op.create_index(
        "lead_to_hand_over",
        "lead",
        ["stage"],
        unique=False,
        sqlite_where=sa.text("passed_at IS NULL"),
        postgresql_where=sa.text("passed_at IS NULL"),
    )
    op.create_index(
        "lead_answered",
        "lead",
        ["disposition"],
        unique=False,
        sqlite_where=sa.text("passed_at IS NOT NULL AND disposition IS NOT NULL"),
        postgresql_where=sa.text("passed_at IS NOT NULL AND disposition IS NOT NULL"),
    )


def _alias() -> None:
    op.create_table(
        "alias",
        sa.Column("hubspot_id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name="alias_lead_id_fk", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("hubspot_id", "lead_id", name="alias_pk"),
    )
    op.create_index("alias_lead_id", "alias", ["lead_id"], unique=False)


def _snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("activities", DOCUMENT, nullable=False),
        sa.Column("outcome", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["lead.id"],
            name="snapshot_lead_id_fk",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("number", name="snapshot_pk"),
    )
    op.create_index(
        "snapshot_once", "snapshot", ["lead_id", "hash", "ruleset", "cycle"], unique=True
    )
    op.create_index("snapshot_taken_at", "snapshot", ["taken_at"], unique=False)


def _agreed() -> None:
    op.create_table(
        "agreed",
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("values", DOCUMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["lead.id"],
            name="agreed_lead_id_fk",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("lead_id", name="agreed_pk"),
    )


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("hubspot_id", sa.String(), nullable=False),
        sa.Column("salesforce_id", sa.String(), nullable=False),
        sa.Column("salesforce_kind", sa.String(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name="link_lead_id_fk", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("number", name="link_pk"),
    )
    op.create_index("link_hubspot_id", "link", ["hubspot_id"], unique=False)
    op.create_index("link_lead_id", "link", ["lead_id"], unique=False)
    op.create_index(
        "link_one_hubspot_id",
        "link",
        ["hubspot_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "link_one_lead_id",
        "link",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "link_one_salesforce_id",
        "link",
        ["salesforce_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("link_salesforce_id", "link", ["salesforce_id"], unique=False)


def _action() -> None:
    op.create_table(
        "action",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("express", sa.Boolean(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("record_kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("place_file", sa.String(), nullable=False),
        sa.Column("place_line", sa.Integer(), nullable=False),
        sa.Column("place_column", sa.Integer(), nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("after_key", sa.String(), nullable=True),
        sa.Column("problem", DOCUMENT, nullable=True),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("input_hash", sa.String(), nullable=False),
        sa.Column("schema_hash", sa.String(), nullable=False),
        sa.Column("tried_ruleset", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="action_pk"),
        sa.UniqueConstraint("key", name="action_key_key"),
    )


def _action_indexes() -> None:
    op.create_index(
        "action_done_at",
        "action",
        ["done_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NOT NULL"),
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
    op.create_index(
        "action_after_key",
        "action",
        ["after_key"],
        unique=False,
        sqlite_where=sa.text("after_key IS NOT NULL"),
        postgresql_where=sa.text("after_key IS NOT NULL"),
    )
    op.create_index("action_lead_id", "action", ["lead_id"], unique=False)
    op.create_index(
        "action_unsettled",
        "action",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state IN ('started', 'parked')"),
        postgresql_where=sa.text("state IN ('started', 'parked')"),
    )
    op.create_index(
        "action_open",
        "action",
        ["destination", sa.text("express DESC"), "due", "number"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("place_file", sa.String(), nullable=False),
        sa.Column("place_line", sa.Integer(), nullable=False),
        sa.Column("place_column", sa.Integer(), nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="event_pk"),
        sa.UniqueConstraint("key", name="event_key_key"),
    )
    op.create_index("event_lead_id", "event", ["lead_id"], unique=False)


def _turn() -> None:
    op.create_table(
        "turn",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("skipped", DOCUMENT, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("draw", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="turn_pk"),
    )
    op.create_index("turn_at", "turn", ["at"], unique=False)
    op.create_index("turn_once", "turn", ["lead_id", "cycle", "team", "person", "at"], unique=True)


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "period", name="counter_pk"),
    )


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("covered", MOMENT, nullable=True),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="cursor_pk"),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="lease_pk"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="meta_pk"),
    )


def _ruleset() -> None:
    op.create_table(
        "ruleset",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.Column("files", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="ruleset_pk"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("picked_up", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("notes", DOCUMENT, nullable=False),
        sa.Column("ruleset", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="run_pk"),
    )
    op.create_index("run_started_at", "run", ["started_at"], unique=False)


def _schema_seen() -> None:
    op.create_table(
        "schema_seen",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("system", "name", name="schema_seen_pk"),
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="tombstone_pk"),
    )
