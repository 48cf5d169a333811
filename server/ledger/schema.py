"""Tables of facts and legs, per database: append-only by trigger, keys beginning with the territory.

Django refuses composite keys where these tables need them, so they are made by SQL and read through unmanaged models.
Binary hashes, UUID keys: `uuid` on PostgreSQL, 32 hex digits on SQLite, which is what Django's UUIDField reads.
"""

from __future__ import annotations

APPEND_ONLY = ("ledger_fact", "ledger_batch", "ledger_alias", "ledger_transfer", "ledger_leg")

_TABLES = (
    """
    CREATE TABLE ledger_batch (
        territory varchar(64) NOT NULL, id {uuid} NOT NULL,
        device varchar(32) NOT NULL, incarnation bigint NOT NULL, branch integer NOT NULL,
        first bigint NOT NULL, last bigint NOT NULL,
        previous {bytes} NOT NULL, last_hash {bytes} NOT NULL, signature {bytes} NOT NULL, public_key {bytes} NOT NULL,
        received_at bigint NOT NULL,
        PRIMARY KEY (territory, id),
        UNIQUE (territory, device, incarnation, branch, first, last, last_hash))
    """,
    """
    CREATE TABLE ledger_fact (
        territory varchar(64) NOT NULL, id {uuid} NOT NULL,
        device varchar(32) NOT NULL, incarnation bigint NOT NULL, branch integer NOT NULL, sequence bigint NOT NULL,
        kind varchar(64) NOT NULL, version integer NOT NULL, occurred_at bigint NOT NULL, received_at bigint NOT NULL,
        monotonic_ms bigint NOT NULL, boot varchar(64) NOT NULL,
        clock_offset_ms bigint, clock_offset_age_ms bigint,
        body text NOT NULL, previous {bytes} NOT NULL, content_hash {bytes} NOT NULL, hash {bytes} NOT NULL,
        batch {uuid} NOT NULL,
        PRIMARY KEY (territory, id),
        UNIQUE (territory, device, incarnation, branch, sequence))
    """,
    """
    CREATE TABLE ledger_alias (
        territory varchar(64) NOT NULL, id {uuid} NOT NULL, fact {uuid} NOT NULL,
        device varchar(32) NOT NULL, incarnation bigint NOT NULL, sequence bigint NOT NULL, received_at bigint NOT NULL,
        PRIMARY KEY (territory, id),
        UNIQUE (territory, fact, device, incarnation, sequence))
    """,
    """
    CREATE TABLE ledger_transfer (
        territory varchar(64) NOT NULL, id {uuid} NOT NULL,
        kind varchar(20) NOT NULL, device varchar(32) NOT NULL, fact {uuid} NOT NULL, intent {uuid},
        occurred_at bigint NOT NULL, booked_at bigint NOT NULL,
        reason varchar(200) NOT NULL, booked_by varchar(150) NOT NULL,
        PRIMARY KEY (territory, id))
    """,
    """
    CREATE TABLE ledger_leg (
        territory varchar(64) NOT NULL, transfer_id {uuid} NOT NULL, line integer NOT NULL,
        account varchar(80) NOT NULL, asset varchar(3) NOT NULL, amount bigint NOT NULL,
        PRIMARY KEY (territory, transfer_id, line),
        CHECK (amount <> 0 AND asset IN ('EUR', 'PTS')),
        FOREIGN KEY (territory, transfer_id) REFERENCES ledger_transfer (territory, id))
    """,
    "CREATE INDEX ledger_leg_account ON ledger_leg (territory, account, asset)",
)

# Partial, for loads are few among facts. SQLite uses it only where the query spells the kind as it stands here.
LOADS_INDEX = (
    "CREATE INDEX ledger_fact_loads ON ledger_fact (territory, device, incarnation) WHERE kind = 'purse.load.intent'"
)

# Nothing is ever written to a row here: it is there to be locked (server.ledger.cards).
CARD_QUEUE = (
    "CREATE TABLE ledger_card_queue (territory varchar(64) NOT NULL, card_number varchar(8) NOT NULL, "
    "PRIMARY KEY (territory, card_number))"
)

_TYPES = {
    "sqlite": {"uuid": "char(32)", "bytes": "blob"},
    "postgresql": {"uuid": "uuid", "bytes": "bytea"},
}

_PG_FUNCTION = """
    CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def statements(vendor: str) -> list[str]:
    """What to run, in order, on a database of this vendor ("sqlite" or "postgresql")."""
    made = [table.format(**_TYPES[vendor]) for table in _TABLES]
    if vendor == "postgresql":
        made.append(_PG_FUNCTION)
        for table in APPEND_ONLY:
            made.append(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
            )
            made.append(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
            )
        return made
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            made.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    return made
