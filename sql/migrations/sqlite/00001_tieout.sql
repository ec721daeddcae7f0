-- +goose Up
-- Times are Unix microseconds in UTC, 0 when unknown. Money is minor units beside its ISO 4217 currency, which is empty when
-- a side says nothing. Text is compared by bytes.
-- Every name begins with tieout_, because the shop's own tables (orders, payments …) may live in this database too.

-- Evidence: what a feed showed, one row for each version that differed from the one before. Never changed (see the triggers).
CREATE TABLE tieout_observations (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, account, kind, id, version)
);
-- +goose StatementBegin
CREATE TRIGGER tieout_observations_no_update BEFORE UPDATE ON tieout_observations BEGIN
    SELECT RAISE(ABORT, 'tieout_observations is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_observations_no_delete BEFORE DELETE ON tieout_observations BEGIN
    SELECT RAISE(ABORT, 'tieout_observations is append-only: DELETE refused');
END;
-- +goose StatementEnd

-- Projections: what the newest version of each object says in tieout's words. `tieout rebuild` empties and refills them.

CREATE TABLE tieout_orders (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    folded TEXT NOT NULL,
    provider TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    canceled_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_orders_id ON tieout_orders (id);
CREATE INDEX tieout_orders_folded ON tieout_orders (folded);
CREATE INDEX tieout_orders_payment_id ON tieout_orders (payment_id);
CREATE INDEX tieout_orders_truncated ON tieout_orders (substr(id, 1, 25));

CREATE TABLE tieout_sources (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    reference TEXT NOT NULL,
    folded TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    declined BOOLEAN NOT NULL,
    authorised BOOLEAN NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_sources_id ON tieout_sources (id);
CREATE INDEX tieout_sources_folded ON tieout_sources (folded);
CREATE INDEX tieout_sources_reference ON tieout_sources (reference);

CREATE TABLE tieout_source_events (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    status TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_source_events_source_id ON tieout_source_events (source_id);

CREATE TABLE tieout_payments (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    folded TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    settle_status TEXT NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_payments_id ON tieout_payments (id);
CREATE INDEX tieout_payments_folded ON tieout_payments (folded);
CREATE INDEX tieout_payments_source_id ON tieout_payments (source_id);
CREATE INDEX tieout_payments_reference ON tieout_payments (reference);

CREATE TABLE tieout_refunds (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_refunds_payment_id ON tieout_refunds (payment_id);
CREATE INDEX tieout_refunds_reference ON tieout_refunds (reference);

CREATE TABLE tieout_refund_requests (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_refund_requests_order_reference ON tieout_refund_requests (order_reference);

CREATE TABLE tieout_disputes (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    evidence_due_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_disputes_payment_id ON tieout_disputes (payment_id);

CREATE TABLE tieout_movements (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    category TEXT NOT NULL,
    gross_minor BIGINT NOT NULL,
    gross_currency TEXT NOT NULL,
    fee_minor BIGINT NOT NULL,
    fee_currency TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    net_currency TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    available_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_movements_object_id ON tieout_movements (object_id);

CREATE TABLE tieout_payouts (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    automatic BOOLEAN NOT NULL,
    itemised BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    arrival_at BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;

CREATE TABLE tieout_payout_lines (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payout_id TEXT NOT NULL,
    category TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    net_currency TEXT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_payout_lines_payout_id ON tieout_payout_lines (payout_id);

CREATE TABLE tieout_rejections (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    linked_id TEXT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
) WITHOUT ROWID;
CREATE INDEX tieout_rejections_id ON tieout_rejections (id);
CREATE INDEX tieout_rejections_reference ON tieout_rejections (reference);
CREATE INDEX tieout_rejections_truncated ON tieout_rejections (substr(reference, 1, 25));
CREATE INDEX tieout_rejections_linked_id ON tieout_rejections (linked_id);

-- Derived: the judgement of each case, and what follows from it. run_id and judged_at tell when a verdict last changed.
CREATE TABLE tieout_verdicts (
    case_key TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    payment_feed TEXT NOT NULL,
    payment_account TEXT NOT NULL,
    payment_kind TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    order_minor BIGINT NOT NULL,
    order_currency TEXT NOT NULL,
    paid_minor BIGINT NOT NULL,
    paid_currency TEXT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    refunded_currency TEXT NOT NULL,
    paid_at BIGINT NOT NULL,
    cancel_reason TEXT NOT NULL,
    cancel_evidence TEXT NOT NULL,
    next_review_at BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    judged_at BIGINT NOT NULL,
    PRIMARY KEY (case_key)
) WITHOUT ROWID;
CREATE INDEX tieout_verdicts_next_review_at ON tieout_verdicts (next_review_at);
CREATE INDEX tieout_verdicts_payment_id ON tieout_verdicts (payment_id);
CREATE INDEX tieout_verdicts_cancel ON tieout_verdicts (order_reference) WHERE cancel_reason <> '';

CREATE TABLE tieout_owed (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    payment_kind TEXT NOT NULL,
    case_key TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    why TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    window_ends_at BIGINT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (feed, account, payment_id, request_id)
) WITHOUT ROWID;
CREATE INDEX tieout_owed_case_key ON tieout_owed (case_key);

CREATE TABLE tieout_exceptions (
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    case_key TEXT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    transaction_reference TEXT NOT NULL,
    currency TEXT NOT NULL,
    expected_minor BIGINT NOT NULL,
    expected_currency TEXT NOT NULL,
    actual_minor BIGINT NOT NULL,
    actual_currency TEXT NOT NULL,
    difference_minor BIGINT NOT NULL,
    difference_currency TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    explanation TEXT NOT NULL,
    next_step TEXT NOT NULL,
    status TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    resolved_at BIGINT NOT NULL,
    resolved_by TEXT NOT NULL,
    resolution TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX tieout_exceptions_case_key ON tieout_exceptions (case_key);
CREATE INDEX tieout_exceptions_status ON tieout_exceptions (status);

-- The life of each exception. Never changed.
CREATE TABLE tieout_exception_changes (
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    PRIMARY KEY (id, seq)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tieout_exception_changes_no_update BEFORE UPDATE ON tieout_exception_changes BEGIN
    SELECT RAISE(ABORT, 'tieout_exception_changes is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_exception_changes_no_delete BEFORE DELETE ON tieout_exception_changes BEGIN
    SELECT RAISE(ABORT, 'tieout_exception_changes is append-only: DELETE refused');
END;
-- +goose StatementEnd

-- Actions: intent, then the act elsewhere, then the outcome.
CREATE TABLE tieout_cancellations (
    order_reference TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    intent_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    outcome_at BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (order_reference)
) WITHOUT ROWID;

CREATE TABLE tieout_outbox (
    kind TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (kind, order_reference)
) WITHOUT ROWID;

CREATE TABLE tieout_refund_intents (
    idempotency_key TEXT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    payment_kind TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    refund_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (idempotency_key)
) WITHOUT ROWID;
CREATE INDEX tieout_refund_intents_payment_id ON tieout_refund_intents (payment_id);

-- Runs. complete_from and complete_through are both 0 when no fetch of the account was ever complete.
CREATE TABLE tieout_coverage (
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    complete_from BIGINT NOT NULL,
    complete_through BIGINT NOT NULL,
    last_run_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (feed, account)
) WITHOUT ROWID;

CREATE TABLE tieout_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    jobs TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT NOT NULL
);

CREATE TABLE tieout_run_steps (
    run_id BIGINT NOT NULL,
    step TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    read BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    other_mode BIGINT NOT NULL,
    matched BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    excepted BIGINT NOT NULL,
    acted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (run_id, step)
) WITHOUT ROWID;

-- One row: who holds the run lock. PostgreSQL locks by an advisory lock and keeps only the name here; SQLite locks by the lease.
CREATE TABLE tieout_run_lock (
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    space TEXT NOT NULL,
    process BIGINT NOT NULL,
    token TEXT NOT NULL,
    since BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;
