-- +goose Up
-- Clusters: facts that hang together by ids or references, and by nothing with any other, carry the same cluster, so that a cluster
-- can be judged by itself. It begins as the row's home, which the row's own reference or ids give, and grows when two of them turn out
-- to hang together (tieout_merges). `face` is the whole record in one text, so that a million are read quickly; the other columns
-- are what queries look by. `touched` numbers the changes: what changed since the last judging has a higher number.
--
-- Projections and verdicts are derived: they are made anew, and the next run fills them from the observations.
DROP TABLE tieout_orders;
CREATE TABLE tieout_orders (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    canceled_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_orders_id ON tieout_orders (id);
CREATE INDEX tieout_orders_payment_id ON tieout_orders (payment_id);
CREATE INDEX tieout_orders_truncated ON tieout_orders (substr(id, 1, 25)) WHERE length(id) > 25;
CREATE INDEX tieout_orders_cluster ON tieout_orders (cluster) INCLUDE (face);
CREATE INDEX tieout_orders_touched ON tieout_orders (touched);

DROP TABLE tieout_sources;
CREATE TABLE tieout_sources (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    declined BOOLEAN NOT NULL,
    authorised BOOLEAN NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_sources_id ON tieout_sources (id);
CREATE INDEX tieout_sources_reference ON tieout_sources (reference);
CREATE INDEX tieout_sources_cluster ON tieout_sources (cluster) INCLUDE (face);
CREATE INDEX tieout_sources_touched ON tieout_sources (touched);

DROP TABLE tieout_source_events;
CREATE TABLE tieout_source_events (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_source_events_source_id ON tieout_source_events (source_id);
CREATE INDEX tieout_source_events_cluster ON tieout_source_events (cluster) INCLUDE (face);
CREATE INDEX tieout_source_events_touched ON tieout_source_events (touched);

DROP TABLE tieout_payments;
CREATE TABLE tieout_payments (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    settle_status TEXT COLLATE "C" NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_payments_id ON tieout_payments (id);
CREATE INDEX tieout_payments_source_id ON tieout_payments (source_id);
CREATE INDEX tieout_payments_reference ON tieout_payments (reference);
CREATE INDEX tieout_payments_cluster ON tieout_payments (cluster) INCLUDE (face);
CREATE INDEX tieout_payments_touched ON tieout_payments (touched);

DROP TABLE tieout_refunds;
CREATE TABLE tieout_refunds (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_refunds_payment_id ON tieout_refunds (payment_id);
CREATE INDEX tieout_refunds_reference ON tieout_refunds (reference);
CREATE INDEX tieout_refunds_cluster ON tieout_refunds (cluster) INCLUDE (face);
CREATE INDEX tieout_refunds_touched ON tieout_refunds (touched);

DROP TABLE tieout_refund_requests;
CREATE TABLE tieout_refund_requests (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    order_reference TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    requested_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_refund_requests_order_reference ON tieout_refund_requests (order_reference);
CREATE INDEX tieout_refund_requests_cluster ON tieout_refund_requests (cluster) INCLUDE (face);
CREATE INDEX tieout_refund_requests_touched ON tieout_refund_requests (touched);

DROP TABLE tieout_disputes;
CREATE TABLE tieout_disputes (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    evidence_due_at BIGINT NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_disputes_payment_id ON tieout_disputes (payment_id);
CREATE INDEX tieout_disputes_cluster ON tieout_disputes (cluster) INCLUDE (face);
CREATE INDEX tieout_disputes_touched ON tieout_disputes (touched);

DROP TABLE tieout_rejections;
CREATE TABLE tieout_rejections (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    linked_id TEXT COLLATE "C" NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    face TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_rejections_id ON tieout_rejections (id);
CREATE INDEX tieout_rejections_reference ON tieout_rejections (reference);
CREATE INDEX tieout_rejections_truncated ON tieout_rejections (substr(reference, 1, 25)) WHERE length(reference) > 25;
CREATE INDEX tieout_rejections_linked_id ON tieout_rejections (linked_id);
CREATE INDEX tieout_rejections_cluster ON tieout_rejections (cluster) INCLUDE (face);
CREATE INDEX tieout_rejections_touched ON tieout_rejections (touched);

DROP TABLE tieout_movements;
CREATE TABLE tieout_movements (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    gross_minor BIGINT NOT NULL,
    gross_currency TEXT COLLATE "C" NOT NULL,
    fee_minor BIGINT NOT NULL,
    fee_currency TEXT COLLATE "C" NOT NULL,
    net_minor BIGINT NOT NULL,
    net_currency TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    available_at BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_movements_object_id ON tieout_movements (object_id);
CREATE INDEX tieout_movements_touched ON tieout_movements (touched);

DROP TABLE tieout_payouts;
CREATE TABLE tieout_payouts (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    automatic BOOLEAN NOT NULL,
    itemised BOOLEAN NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    arrival_at BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_payouts_touched ON tieout_payouts (touched);

DROP TABLE tieout_payout_lines;
CREATE TABLE tieout_payout_lines (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    payout_id TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    net_minor BIGINT NOT NULL,
    net_currency TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_payout_lines_payout_id ON tieout_payout_lines (payout_id);
CREATE INDEX tieout_payout_lines_touched ON tieout_payout_lines (touched);

-- stamp is the case and a hash of all that its verdict says; coverage_bound: it rests on how far the feeds were read, and is judged again in every run.
DROP TABLE tieout_verdicts;
CREATE TABLE tieout_verdicts (
    cluster TEXT COLLATE "C" NOT NULL,
    case_key TEXT COLLATE "C" NOT NULL,
    order_reference TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    payment_feed TEXT COLLATE "C" NOT NULL,
    payment_account TEXT COLLATE "C" NOT NULL,
    payment_kind TEXT COLLATE "C" NOT NULL,
    payment_id TEXT COLLATE "C" NOT NULL,
    order_minor BIGINT NOT NULL,
    order_currency TEXT COLLATE "C" NOT NULL,
    paid_minor BIGINT NOT NULL,
    paid_currency TEXT COLLATE "C" NOT NULL,
    refunded_minor BIGINT NOT NULL,
    refunded_currency TEXT COLLATE "C" NOT NULL,
    paid_at BIGINT NOT NULL,
    cancel_reason TEXT COLLATE "C" NOT NULL,
    cancel_evidence TEXT COLLATE "C" NOT NULL,
    next_review_at BIGINT NOT NULL,
    coverage_bound BOOLEAN NOT NULL,
    stamp TEXT COLLATE "C" NOT NULL,
    run_id BIGINT NOT NULL,
    judged_at BIGINT NOT NULL,
    PRIMARY KEY (case_key)
);
CREATE INDEX tieout_verdicts_cluster ON tieout_verdicts (cluster) INCLUDE (stamp);
CREATE INDEX tieout_verdicts_next_review_at ON tieout_verdicts (next_review_at) WHERE next_review_at > 0;
CREATE INDEX tieout_verdicts_coverage_bound ON tieout_verdicts (cluster) WHERE coverage_bound;
CREATE INDEX tieout_verdicts_cancel ON tieout_verdicts (order_reference) WHERE cancel_reason <> '';
DELETE FROM tieout_owed;

ALTER TABLE tieout_exceptions ADD COLUMN cluster TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX tieout_exceptions_cluster ON tieout_exceptions (cluster);

-- A home that has become part of another cluster.
CREATE TABLE tieout_merges (
    home TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (home)
);
CREATE INDEX tieout_merges_cluster ON tieout_merges (cluster);

-- Clusters that lost a row: no row that is left says so.
CREATE TABLE tieout_losses (
    cluster TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_losses_touched ON tieout_losses (touched);

-- One row: how far things have come. change_number: the last number given to a change; clustered and judged: the number up to which rows
-- have their cluster and were judged; judged_at: as of when; basis: the policy and accounts that verdicts rest on; projection: the
-- version of the projections, 0 when they have to be made from the observations.
CREATE TABLE tieout_progress (
    id BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    clustered BIGINT NOT NULL,
    judged BIGINT NOT NULL,
    judged_at BIGINT NOT NULL,
    basis TEXT COLLATE "C" NOT NULL,
    projection BIGINT NOT NULL,
    PRIMARY KEY (id)
);
INSERT INTO tieout_progress (id, change_number, clustered, judged, judged_at, basis, projection)
    SELECT 1, 0, 0, 0, 0, '', CASE WHEN EXISTS (SELECT 1 FROM tieout_observations) THEN 0 ELSE 1 END;

ALTER TABLE tieout_run_steps ADD COLUMN judged BIGINT NOT NULL DEFAULT 0;
