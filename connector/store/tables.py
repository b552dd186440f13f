"""The ledger's tables, the same on SQLite and PostgreSQL; `migrations/` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TextClause,
    text,
)

from connector.store.types import Document, Moment

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ix": "%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only where the primary key is INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

#: States in which an action is still to be carried out.
OPEN = text("state IN ('planned', 'waiting')")

#: Facts by which somebody is given a lead, and by which a lead waits for the lead centre.
GIVEN = text("kind IN ('handed_off', 'reassigned', 'passed_on')")
QUEUED = text("kind = 'queued_for_centre'")
#: Facts about opportunities, in the order of their names.
DEALT = text("kind IN ('lost', 'opportunity_changed', 'opportunity_created', 'reopened', 'won')")
HELD = text("hold <> '[]'")  #: somebody gets nothing new until this lead is answered


def _of_lead() -> ForeignKey:
    """Checked at commit, so that one page may write its tables in any order."""
    return ForeignKey("lead.id", deferrable=True, initially="DEFERRED")


def _partial(name: str, column: str, where: str | TextClause) -> Index:
    """An index of those rows alone for which the condition holds."""
    chosen = text(where) if isinstance(where, str) else where
    return Index(name, column, sqlite_where=chosen, postgresql_where=chosen)


meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("content", String, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("stream", String, primary_key=True),
    Column("covered", Moment),
    Column("since", Moment),
    Column("until", Moment),
    Column("after", String, nullable=False),
)

lead = Table(
    "lead",
    metadata,
    Column("id", String, primary_key=True),
    Column("hubspot_id", String, nullable=False),
    Column("email", String, nullable=False),  # lower case, for looking up
    Column("stage", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("cycle_started_at", Moment),
    Column("passed_at", Moment),
    Column("owner", String),
    Column("refused_by", Document, nullable=False),
    Column("cool_down_until", Moment),
    Column("disposition", String),
    Column("reason", String),
    Column("snapshot_hash", String),
    Column("values", Document, nullable=False),
    Column("captured_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("score_fit", Double, nullable=False),
    Column("score_intent", Double, nullable=False),
    Column("score_completeness", Double, nullable=False),
    Column("score", Double, nullable=False),
    Column("temperature", String, nullable=False),
    Column("goal", String, nullable=False),
    Column("source", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("segment", String, nullable=False),
    Column("product", String, nullable=False),
    Column("team", String, nullable=False),
    Column("crm", Document, nullable=False),
    Column("look_again_at", Moment),
    # Written by `link` alone, so that a page decided meanwhile does not undo it:
    Column("salesforce_id", String),
    Column("salesforce_kind", String),
    Column("erased_at", Moment),
    Index("lead_hubspot_id", "hubspot_id"),
    Index("lead_salesforce_id", "salesforce_id"),
    Index("lead_email", "email"),
    _partial("lead_look_again_at", "look_again_at", "look_again_at IS NOT NULL"),
    _partial("lead_to_hand_over", "stage", "passed_at IS NULL"),
    _partial("lead_answered", "disposition", "passed_at IS NOT NULL AND disposition IS NOT NULL"),
    _partial("lead_with_sales", "owner", "passed_at IS NOT NULL AND disposition IS NULL"),
)

alias = Table(
    "alias",  # HubSpot ids a lead had before (merges give the survivor a new id)
    metadata,
    Column("hubspot_id", String, primary_key=True),
    Column("lead_id", String, _of_lead(), primary_key=True, index=True),
)

SNAPSHOT_ONCE = ("lead_id", "hash", "ruleset", "cycle", "run_id", "step")

snapshot = Table(
    "snapshot",
    metadata,
    Column("number", Number, primary_key=True),
    Column("lead_id", String, _of_lead(), nullable=False),
    Column("hash", String, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("taken_at", Moment, nullable=False, index=True),
    Column("values", Document, nullable=False),
    Column("activities", Document, nullable=False),
    Column("outcome", Document, nullable=False),
    Column("state", Document),
    Column("surroundings", Document),
    Column("said", Document),
    Column("step", String, nullable=False, server_default=""),
    Column("run_id", String, nullable=False, server_default=""),
    Index("snapshot_once", *SNAPSHOT_ONCE, unique=True),
    Index("snapshot_run_id", "run_id"),
)

action = Table(
    "action",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("destination", String, nullable=False),
    Column("express", Boolean, nullable=False),
    Column("due", Moment, nullable=False),  # `not_before`, else when it was planned
    Column("lead_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("because", String, nullable=False),
    Column("record_kind", String, nullable=False),
    Column("record_id", String),
    Column("fields", Document, nullable=False),
    Column("before", Document, nullable=False),
    Column("rule", String, nullable=False),
    Column("place_file", String, nullable=False),
    Column("place_line", Integer, nullable=False),
    Column("place_column", Integer, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("after_key", String),
    Column("problem", Document),
    Column("not_before", Moment),
    Column("attempts", Integer, nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("done_at", Moment),
    Column("run_id", String, nullable=False),
    Column("input_hash", String, nullable=False),  # of the lead, when it was parked
    Column("schema_hash", String, nullable=False),  # of the destination, when it was parked
    Column("tried_ruleset", String, nullable=False),  # under which it was last planned or retried
    Index(
        "action_open",
        "destination",
        text("express DESC"),
        "due",
        "number",
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
    _partial("action_unsettled", "state", "state IN ('started', 'parked')"),
    _partial("action_done_at", "done_at", "done_at IS NOT NULL"),
    _partial("action_after_key", "after_key", "after_key IS NOT NULL"),
)

link = Table(
    "link",
    metadata,
    Column("number", Number, primary_key=True),
    Column("lead_id", String, _of_lead(), nullable=False, index=True),
    Column("hubspot_id", String, nullable=False, index=True),
    Column("salesforce_id", String, nullable=False, index=True),
    Column("salesforce_kind", String, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("why", String, nullable=False),
    *(
        Index(
            f"link_one_{column}",
            column,
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        )
        for column in ("lead_id", "hubspot_id", "salesforce_id")
    ),
)

agreed = Table(
    "agreed",
    metadata,
    Column("lead_id", String, _of_lead(), primary_key=True),
    Column("values", Document, nullable=False),
    Column("at", Moment, nullable=False),
)

EVENT_ONCE = ("lead_id", "key")

event = Table(
    "event",
    metadata,
    Column("number", Number, primary_key=True),
    Column("key", String, nullable=False),
    Column("lead_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("data", Document, nullable=False),
    Column("by", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("place_file", String, nullable=False),
    Column("place_line", Integer, nullable=False),
    Column("place_column", Integer, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("run_id", String, nullable=False),
    # A key is a hash of its lead and more: by lead first, the events of one lie together.
    Index("event_once", *EVENT_ONCE, unique=True),
    _partial("event_given", "at", GIVEN),
    _partial("event_queued", "lead_id", QUEUED),
    _partial("event_dealt", "lead_id", DEALT),
)

turn = Table(
    "turn",
    metadata,
    Column("number", Number, primary_key=True),
    Column("lead_id", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("team", String, nullable=False),
    Column("person", String, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("skipped", Document, nullable=False),
    Column("rule", String, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("draw", Document, nullable=False),
    # A page read again takes no second turn.
    Index("turn_once", "lead_id", "cycle", "team", "person", "at", unique=True),
)

run = Table(
    "run",
    metadata,
    Column("id", String, primary_key=True),
    Column("job", String, nullable=False),
    Column("started_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment),
    Column("outcome", String, nullable=False),
    Column("exit_code", Integer),
    Column("picked_up", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("parked", Integer, nullable=False),
    Column("notes", Document, nullable=False),
    Column("ruleset", String, nullable=False),
    Column("message", String, nullable=False),
    Column("mode", String, nullable=False),
)

ruleset = Table(
    "ruleset",
    metadata,
    Column("hash", String, primary_key=True),
    Column("first_used_at", Moment, nullable=False),
    Column("files", Document, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Moment, nullable=False),
)

schema_seen = Table(
    "schema_seen",
    metadata,
    Column("system", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("content", Document),  # the fields as they were described
)

counter = Table(
    "counter",  # e.g. calls to one system on one day, shared by all processes
    metadata,
    Column("name", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

tombstone = Table(
    "tombstone",  # salted hashes of erased people, so that nobody comes back unasked
    metadata,
    Column("hash", String, primary_key=True),
    Column("lead_id", String, nullable=False),
    Column("at", Moment, nullable=False),
)

opportunity = Table(
    "opportunity",  # which lead's cycle an opportunity of the CRM comes from
    metadata,
    Column("opportunity_id", String, primary_key=True),
    Column("lead_id", String, _of_lead(), primary_key=True, index=True),
    Column("cycle", Integer, nullable=False),
)

watched = Table(
    "watched",  # when a lead's promises are to be looked at again, and whom they hold
    metadata,
    Column("lead_id", String, _of_lead(), primary_key=True),
    Column("look_at", Moment),
    Column("hold", String, nullable=False),  # person keys as a JSON list
    _partial("watched_look_at", "look_at", "look_at IS NOT NULL"),
    _partial("watched_hold", "lead_id", HELD),
)
MOMENTS = (
    *("captured_at", "marketing_qualified_at", "sales_qualified_at", "passed_at", "delivered_at"),
    *("answered_at", "accepted_at", "rejected_at", "recycled_at", "opportunity_at", "won_at"),
    "lost_at",
)
WORDS = (
    *("source", "campaign", "segment", "product", "team", "rule", "ruleset"),
    # Packed: when and in which order it was heard of, then the word; the greatest is the latest.
    *("owner_last", "answer_last", "rejected_last", "recycled_last", "deleted_last"),
    *("gone_last", "merged_into"),
)

journey = Table(
    "journey",  # what became of each lead in each cycle, folded from `event`
    metadata,
    Column("lead_id", String, primary_key=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    *(Column(name, Moment) for name in MOMENTS),
    *(Column(name, String, nullable=False, server_default="") for name in WORDS),
    *(
        Index(
            f"journey_{column}",
            column,
            sqlite_where=text(f"{column} IS NOT NULL"),
            postgresql_where=text(f"{column} IS NOT NULL"),
        )
        for column in ("captured_at", "passed_at", "recycled_at", "won_at")
    ),
)

deal = Table(
    "deal",  # the opportunities of each journey as they stand now
    metadata,
    Column("opportunity", String, primary_key=True),
    Column("lead_id", String, primary_key=True, index=True),
    Column("cycle", Integer, primary_key=True, autoincrement=False),
    Column("state", String, nullable=False),
    Column("amount", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("closed_at", Moment),
)

decision = Table(
    "decision",  # changes that both teams adopted, with the day of their review
    metadata,
    Column("what", String, primary_key=True),
    Column("decided_at", Moment, primary_key=True),
    Column("review_at", Moment, nullable=False),
    Column("start", String, nullable=False),
    Column("end", String, nullable=False),
    Column("by", String, nullable=False),
)
