-- +goose Up
-- Versions: no row that a report, an export or an explanation reads is ever overwritten or removed without a trace. `touched` is the
-- number of the change since when a row is as it is; where the row is replaced or removed, triggers copy it to the table of the
-- same name with _past, with the number of the change until which it was so. What was held as of a change is then each row with
-- touched <= change, and each past one with touched <= change < until.
--
-- A change of no more than the column cluster, by which rows are found, or the recipient of a message, which is personal, is no other version.


-- When each number was given to a change.
CREATE TABLE tieout_changes (
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (number)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tieout_changes_no_update BEFORE UPDATE ON tieout_changes BEGIN
    SELECT RAISE(ABORT, 'tieout_changes is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_changes_no_delete BEFORE DELETE ON tieout_changes BEGIN
    SELECT RAISE(ABORT, 'tieout_changes is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_progress_number AFTER UPDATE OF change_number ON tieout_progress WHEN OLD.change_number <> NEW.change_number BEGIN
    INSERT INTO tieout_changes (number, at) VALUES (NEW.change_number, CAST(unixepoch('subsec') * 1000000 AS INTEGER));
END;
-- +goose StatementEnd

-- The last change of what was observed: changes after it are of what was made of it.
ALTER TABLE tieout_progress ADD COLUMN observed BIGINT NOT NULL DEFAULT 0;
UPDATE tieout_progress SET observed = change_number;

-- As of when what stands was judged, until a change.
CREATE TABLE tieout_progress_past (
    until BIGINT NOT NULL,
    judged_at BIGINT NOT NULL
);
CREATE INDEX tieout_progress_past_until ON tieout_progress_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_progress_past_no_update BEFORE UPDATE ON tieout_progress_past BEGIN
    SELECT RAISE(ABORT, 'tieout_progress_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_progress_past_no_delete BEFORE DELETE ON tieout_progress_past BEGIN
    SELECT RAISE(ABORT, 'tieout_progress_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_progress_judged AFTER UPDATE OF judged_at ON tieout_progress WHEN OLD.judged_at <> NEW.judged_at BEGIN
    INSERT INTO tieout_progress_past (until, judged_at) VALUES (NEW.change_number, OLD.judged_at);
END;
-- +goose StatementEnd

ALTER TABLE tieout_verdicts ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_owed ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_exceptions ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_cancellations ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_outbox ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_refund_intents ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_coverage ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_runs ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_run_steps ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_gaps ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_exception_changes ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_observations ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
CREATE INDEX tieout_observations_touched ON tieout_observations (touched);

-- The tables of the past have the columns of their own in the same order, after until: a migration that adds a column adds it to both, and to
-- the triggers. An update by somebody who gave no number gets one of its own.

CREATE TABLE tieout_orders_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    canceled_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_orders_past_key ON tieout_orders_past (feed, account, kind, id);
CREATE INDEX tieout_orders_past_until ON tieout_orders_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_orders_past_no_update BEFORE UPDATE ON tieout_orders_past BEGIN
    SELECT RAISE(ABORT, 'tieout_orders_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_orders_past_no_delete BEFORE DELETE ON tieout_orders_past BEGIN
    SELECT RAISE(ABORT, 'tieout_orders_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_orders_changed AFTER UPDATE OF feed, account, kind, id, payment_id, provider, minor, currency, status, created_at, paid_at, canceled_at, changed_at, home, face ON tieout_orders
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.provider, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.paid_at, OLD.canceled_at, OLD.changed_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.payment_id, NEW.provider, NEW.minor, NEW.currency, NEW.status, NEW.created_at, NEW.paid_at, NEW.canceled_at, NEW.changed_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_orders SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_orders_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.provider, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.paid_at, OLD.canceled_at, OLD.changed_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_orders_removed AFTER DELETE ON tieout_orders BEGIN
    INSERT INTO tieout_orders_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.provider, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.paid_at, OLD.canceled_at, OLD.changed_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_sources_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    reference TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    declined BOOLEAN NOT NULL,
    authorised BOOLEAN NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_sources_past_key ON tieout_sources_past (feed, account, kind, id);
CREATE INDEX tieout_sources_past_until ON tieout_sources_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_sources_past_no_update BEFORE UPDATE ON tieout_sources_past BEGIN
    SELECT RAISE(ABORT, 'tieout_sources_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_sources_past_no_delete BEFORE DELETE ON tieout_sources_past BEGIN
    SELECT RAISE(ABORT, 'tieout_sources_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_sources_changed AFTER UPDATE OF feed, account, kind, id, reference, minor, currency, status, declined, authorised, in_scope, created_at, home, face ON tieout_sources
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.declined, OLD.authorised, OLD.in_scope, OLD.created_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.reference, NEW.minor, NEW.currency, NEW.status, NEW.declined, NEW.authorised, NEW.in_scope, NEW.created_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_sources SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_sources_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.declined, OLD.authorised, OLD.in_scope, OLD.created_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_sources_removed AFTER DELETE ON tieout_sources BEGIN
    INSERT INTO tieout_sources_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.declined, OLD.authorised, OLD.in_scope, OLD.created_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_source_events_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    status TEXT NOT NULL,
    at BIGINT NOT NULL,
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_source_events_past_key ON tieout_source_events_past (feed, account, kind, id);
CREATE INDEX tieout_source_events_past_until ON tieout_source_events_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_source_events_past_no_update BEFORE UPDATE ON tieout_source_events_past BEGIN
    SELECT RAISE(ABORT, 'tieout_source_events_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_source_events_past_no_delete BEFORE DELETE ON tieout_source_events_past BEGIN
    SELECT RAISE(ABORT, 'tieout_source_events_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_source_events_changed AFTER UPDATE OF feed, account, kind, id, source_id, status, at, home, face ON tieout_source_events
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.status, OLD.at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.source_id, NEW.status, NEW.at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_source_events SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_source_events_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.status, OLD.at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_source_events_removed AFTER DELETE ON tieout_source_events BEGIN
    INSERT INTO tieout_source_events_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.status, OLD.at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_payments_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    settle_status TEXT NOT NULL,
    in_scope BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_payments_past_key ON tieout_payments_past (feed, account, kind, id);
CREATE INDEX tieout_payments_past_until ON tieout_payments_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_payments_past_no_update BEFORE UPDATE ON tieout_payments_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payments_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payments_past_no_delete BEFORE DELETE ON tieout_payments_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payments_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payments_changed AFTER UPDATE OF feed, account, kind, id, source_id, reference, minor, currency, status, settle_status, in_scope, created_at, succeeded_at, home, face ON tieout_payments
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.settle_status, OLD.in_scope, OLD.created_at, OLD.succeeded_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.source_id, NEW.reference, NEW.minor, NEW.currency, NEW.status, NEW.settle_status, NEW.in_scope, NEW.created_at, NEW.succeeded_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_payments SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_payments_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.settle_status, OLD.in_scope, OLD.created_at, OLD.succeeded_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payments_removed AFTER DELETE ON tieout_payments BEGIN
    INSERT INTO tieout_payments_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.source_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.settle_status, OLD.in_scope, OLD.created_at, OLD.succeeded_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_refunds_past (
    until BIGINT NOT NULL,
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
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_refunds_past_key ON tieout_refunds_past (feed, account, kind, id);
CREATE INDEX tieout_refunds_past_until ON tieout_refunds_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_refunds_past_no_update BEFORE UPDATE ON tieout_refunds_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refunds_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refunds_past_no_delete BEFORE DELETE ON tieout_refunds_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refunds_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refunds_changed AFTER UPDATE OF feed, account, kind, id, payment_id, reference, minor, currency, status, reason, created_at, home, face ON tieout_refunds
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.reason, OLD.created_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.payment_id, NEW.reference, NEW.minor, NEW.currency, NEW.status, NEW.reason, NEW.created_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_refunds SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_refunds_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.reason, OLD.created_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refunds_removed AFTER DELETE ON tieout_refunds BEGIN
    INSERT INTO tieout_refunds_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.reference, OLD.minor, OLD.currency, OLD.status, OLD.reason, OLD.created_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_refund_requests_past (
    until BIGINT NOT NULL,
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
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_refund_requests_past_key ON tieout_refund_requests_past (feed, account, kind, id);
CREATE INDEX tieout_refund_requests_past_until ON tieout_refund_requests_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_requests_past_no_update BEFORE UPDATE ON tieout_refund_requests_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refund_requests_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_requests_past_no_delete BEFORE DELETE ON tieout_refund_requests_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refund_requests_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_requests_changed AFTER UPDATE OF feed, account, kind, id, order_reference, minor, currency, status, requested_at, done_at, home, face ON tieout_refund_requests
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.order_reference, OLD.minor, OLD.currency, OLD.status, OLD.requested_at, OLD.done_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.order_reference, NEW.minor, NEW.currency, NEW.status, NEW.requested_at, NEW.done_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_refund_requests SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_refund_requests_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.order_reference, OLD.minor, OLD.currency, OLD.status, OLD.requested_at, OLD.done_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_requests_removed AFTER DELETE ON tieout_refund_requests BEGIN
    INSERT INTO tieout_refund_requests_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.order_reference, OLD.minor, OLD.currency, OLD.status, OLD.requested_at, OLD.done_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_disputes_past (
    until BIGINT NOT NULL,
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
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_disputes_past_key ON tieout_disputes_past (feed, account, kind, id);
CREATE INDEX tieout_disputes_past_until ON tieout_disputes_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_disputes_past_no_update BEFORE UPDATE ON tieout_disputes_past BEGIN
    SELECT RAISE(ABORT, 'tieout_disputes_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_disputes_past_no_delete BEFORE DELETE ON tieout_disputes_past BEGIN
    SELECT RAISE(ABORT, 'tieout_disputes_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_disputes_changed AFTER UPDATE OF feed, account, kind, id, payment_id, minor, currency, status, created_at, evidence_due_at, home, face ON tieout_disputes
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.evidence_due_at, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.payment_id, NEW.minor, NEW.currency, NEW.status, NEW.created_at, NEW.evidence_due_at, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_disputes SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_disputes_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.evidence_due_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_disputes_removed AFTER DELETE ON tieout_disputes BEGIN
    INSERT INTO tieout_disputes_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payment_id, OLD.minor, OLD.currency, OLD.status, OLD.created_at, OLD.evidence_due_at, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_rejections_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    linked_id TEXT NOT NULL,
    home TEXT NOT NULL,
    cluster TEXT NOT NULL,
    face TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_rejections_past_key ON tieout_rejections_past (feed, account, kind, id);
CREATE INDEX tieout_rejections_past_until ON tieout_rejections_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_rejections_past_no_update BEFORE UPDATE ON tieout_rejections_past BEGIN
    SELECT RAISE(ABORT, 'tieout_rejections_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_rejections_past_no_delete BEFORE DELETE ON tieout_rejections_past BEGIN
    SELECT RAISE(ABORT, 'tieout_rejections_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_rejections_changed AFTER UPDATE OF feed, account, kind, id, reason, reference, linked_id, home, face ON tieout_rejections
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reason, OLD.reference, OLD.linked_id, OLD.home, OLD.face)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.reason, NEW.reference, NEW.linked_id, NEW.home, NEW.face) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_rejections SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_rejections_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reason, OLD.reference, OLD.linked_id, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_rejections_removed AFTER DELETE ON tieout_rejections BEGIN
    INSERT INTO tieout_rejections_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.reason, OLD.reference, OLD.linked_id, OLD.home, OLD.cluster, OLD.face, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_movements_past (
    until BIGINT NOT NULL,
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
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_movements_past_key ON tieout_movements_past (feed, account, kind, id);
CREATE INDEX tieout_movements_past_until ON tieout_movements_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_movements_past_no_update BEFORE UPDATE ON tieout_movements_past BEGIN
    SELECT RAISE(ABORT, 'tieout_movements_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_movements_past_no_delete BEFORE DELETE ON tieout_movements_past BEGIN
    SELECT RAISE(ABORT, 'tieout_movements_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_movements_changed AFTER UPDATE OF feed, account, kind, id, object_id, category, gross_minor, gross_currency, fee_minor, fee_currency, net_minor, net_currency, created_at, available_at ON tieout_movements
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.object_id, OLD.category, OLD.gross_minor, OLD.gross_currency, OLD.fee_minor, OLD.fee_currency, OLD.net_minor, OLD.net_currency, OLD.created_at, OLD.available_at)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.object_id, NEW.category, NEW.gross_minor, NEW.gross_currency, NEW.fee_minor, NEW.fee_currency, NEW.net_minor, NEW.net_currency, NEW.created_at, NEW.available_at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_movements SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_movements_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.object_id, OLD.category, OLD.gross_minor, OLD.gross_currency, OLD.fee_minor, OLD.fee_currency, OLD.net_minor, OLD.net_currency, OLD.created_at, OLD.available_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_movements_removed AFTER DELETE ON tieout_movements BEGIN
    INSERT INTO tieout_movements_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.object_id, OLD.category, OLD.gross_minor, OLD.gross_currency, OLD.fee_minor, OLD.fee_currency, OLD.net_minor, OLD.net_currency, OLD.created_at, OLD.available_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_payouts_past (
    until BIGINT NOT NULL,
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
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_payouts_past_key ON tieout_payouts_past (feed, account, kind, id);
CREATE INDEX tieout_payouts_past_until ON tieout_payouts_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_payouts_past_no_update BEFORE UPDATE ON tieout_payouts_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payouts_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payouts_past_no_delete BEFORE DELETE ON tieout_payouts_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payouts_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payouts_changed AFTER UPDATE OF feed, account, kind, id, minor, currency, status, automatic, itemised, reason, created_at, arrival_at ON tieout_payouts
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.status, OLD.automatic, OLD.itemised, OLD.reason, OLD.created_at, OLD.arrival_at)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.minor, NEW.currency, NEW.status, NEW.automatic, NEW.itemised, NEW.reason, NEW.created_at, NEW.arrival_at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_payouts SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_payouts_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.status, OLD.automatic, OLD.itemised, OLD.reason, OLD.created_at, OLD.arrival_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payouts_removed AFTER DELETE ON tieout_payouts BEGIN
    INSERT INTO tieout_payouts_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.status, OLD.automatic, OLD.itemised, OLD.reason, OLD.created_at, OLD.arrival_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_payout_lines_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payout_id TEXT NOT NULL,
    category TEXT NOT NULL,
    net_minor BIGINT NOT NULL,
    net_currency TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_payout_lines_past_key ON tieout_payout_lines_past (feed, account, kind, id);
CREATE INDEX tieout_payout_lines_past_until ON tieout_payout_lines_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_payout_lines_past_no_update BEFORE UPDATE ON tieout_payout_lines_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payout_lines_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payout_lines_past_no_delete BEFORE DELETE ON tieout_payout_lines_past BEGIN
    SELECT RAISE(ABORT, 'tieout_payout_lines_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payout_lines_changed AFTER UPDATE OF feed, account, kind, id, payout_id, category, net_minor, net_currency ON tieout_payout_lines
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payout_id, OLD.category, OLD.net_minor, OLD.net_currency)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.payout_id, NEW.category, NEW.net_minor, NEW.net_currency) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_payout_lines SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_payout_lines_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payout_id, OLD.category, OLD.net_minor, OLD.net_currency, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_payout_lines_removed AFTER DELETE ON tieout_payout_lines BEGIN
    INSERT INTO tieout_payout_lines_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.payout_id, OLD.category, OLD.net_minor, OLD.net_currency, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_balances_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_balances_past_key ON tieout_balances_past (feed, account, kind, id);
CREATE INDEX tieout_balances_past_until ON tieout_balances_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_balances_past_no_update BEFORE UPDATE ON tieout_balances_past BEGIN
    SELECT RAISE(ABORT, 'tieout_balances_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_balances_past_no_delete BEFORE DELETE ON tieout_balances_past BEGIN
    SELECT RAISE(ABORT, 'tieout_balances_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_balances_changed AFTER UPDATE OF feed, account, kind, id, minor, currency, at ON tieout_balances
WHEN (OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.at)
    <> (NEW.feed, NEW.account, NEW.kind, NEW.id, NEW.minor, NEW.currency, NEW.at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_balances SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND kind = NEW.kind AND id = NEW.id;
    INSERT INTO tieout_balances_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_balances_removed AFTER DELETE ON tieout_balances BEGIN
    INSERT INTO tieout_balances_past SELECT change_number, OLD.feed, OLD.account, OLD.kind, OLD.id, OLD.minor, OLD.currency, OLD.at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_verdicts_past (
    until BIGINT NOT NULL,
    cluster TEXT NOT NULL,
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
    coverage_bound BOOLEAN NOT NULL,
    stamp TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    judged_at BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_verdicts_past_key ON tieout_verdicts_past (case_key);
CREATE INDEX tieout_verdicts_past_until ON tieout_verdicts_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_verdicts_past_no_update BEFORE UPDATE ON tieout_verdicts_past BEGIN
    SELECT RAISE(ABORT, 'tieout_verdicts_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_verdicts_past_no_delete BEFORE DELETE ON tieout_verdicts_past BEGIN
    SELECT RAISE(ABORT, 'tieout_verdicts_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_verdicts_changed AFTER UPDATE OF case_key, order_reference, outcome, reason, rule, payment_feed, payment_account, payment_kind, payment_id, order_minor, order_currency, paid_minor, paid_currency, refunded_minor, refunded_currency, paid_at, cancel_reason, cancel_evidence, next_review_at, coverage_bound, stamp, run_id, judged_at ON tieout_verdicts
WHEN (OLD.case_key, OLD.order_reference, OLD.outcome, OLD.reason, OLD.rule, OLD.payment_feed, OLD.payment_account, OLD.payment_kind, OLD.payment_id, OLD.order_minor, OLD.order_currency, OLD.paid_minor, OLD.paid_currency, OLD.refunded_minor, OLD.refunded_currency, OLD.paid_at, OLD.cancel_reason, OLD.cancel_evidence, OLD.next_review_at, OLD.coverage_bound, OLD.stamp, OLD.run_id, OLD.judged_at)
    <> (NEW.case_key, NEW.order_reference, NEW.outcome, NEW.reason, NEW.rule, NEW.payment_feed, NEW.payment_account, NEW.payment_kind, NEW.payment_id, NEW.order_minor, NEW.order_currency, NEW.paid_minor, NEW.paid_currency, NEW.refunded_minor, NEW.refunded_currency, NEW.paid_at, NEW.cancel_reason, NEW.cancel_evidence, NEW.next_review_at, NEW.coverage_bound, NEW.stamp, NEW.run_id, NEW.judged_at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_verdicts SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND case_key = NEW.case_key;
    INSERT INTO tieout_verdicts_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.cluster, OLD.case_key, OLD.order_reference, OLD.outcome, OLD.reason, OLD.rule, OLD.payment_feed, OLD.payment_account, OLD.payment_kind, OLD.payment_id, OLD.order_minor, OLD.order_currency, OLD.paid_minor, OLD.paid_currency, OLD.refunded_minor, OLD.refunded_currency, OLD.paid_at, OLD.cancel_reason, OLD.cancel_evidence, OLD.next_review_at, OLD.coverage_bound, OLD.stamp, OLD.run_id, OLD.judged_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_verdicts_removed AFTER DELETE ON tieout_verdicts BEGIN
    INSERT INTO tieout_verdicts_past SELECT change_number, OLD.cluster, OLD.case_key, OLD.order_reference, OLD.outcome, OLD.reason, OLD.rule, OLD.payment_feed, OLD.payment_account, OLD.payment_kind, OLD.payment_id, OLD.order_minor, OLD.order_currency, OLD.paid_minor, OLD.paid_currency, OLD.refunded_minor, OLD.refunded_currency, OLD.paid_at, OLD.cancel_reason, OLD.cancel_evidence, OLD.next_review_at, OLD.coverage_bound, OLD.stamp, OLD.run_id, OLD.judged_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_owed_past (
    until BIGINT NOT NULL,
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
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_owed_past_key ON tieout_owed_past (feed, account, payment_id, request_id);
CREATE INDEX tieout_owed_past_until ON tieout_owed_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_owed_past_no_update BEFORE UPDATE ON tieout_owed_past BEGIN
    SELECT RAISE(ABORT, 'tieout_owed_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_owed_past_no_delete BEFORE DELETE ON tieout_owed_past BEGIN
    SELECT RAISE(ABORT, 'tieout_owed_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_owed_changed AFTER UPDATE OF feed, account, payment_id, request_id, payment_kind, case_key, minor, currency, why, asked_at, window_ends_at, decision, reason ON tieout_owed
WHEN (OLD.feed, OLD.account, OLD.payment_id, OLD.request_id, OLD.payment_kind, OLD.case_key, OLD.minor, OLD.currency, OLD.why, OLD.asked_at, OLD.window_ends_at, OLD.decision, OLD.reason)
    <> (NEW.feed, NEW.account, NEW.payment_id, NEW.request_id, NEW.payment_kind, NEW.case_key, NEW.minor, NEW.currency, NEW.why, NEW.asked_at, NEW.window_ends_at, NEW.decision, NEW.reason) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_owed SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account AND payment_id = NEW.payment_id AND request_id = NEW.request_id;
    INSERT INTO tieout_owed_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.payment_id, OLD.request_id, OLD.payment_kind, OLD.case_key, OLD.minor, OLD.currency, OLD.why, OLD.asked_at, OLD.window_ends_at, OLD.decision, OLD.reason, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_owed_removed AFTER DELETE ON tieout_owed BEGIN
    INSERT INTO tieout_owed_past SELECT change_number, OLD.feed, OLD.account, OLD.payment_id, OLD.request_id, OLD.payment_kind, OLD.case_key, OLD.minor, OLD.currency, OLD.why, OLD.asked_at, OLD.window_ends_at, OLD.decision, OLD.reason, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_exceptions_past (
    until BIGINT NOT NULL,
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
    cluster TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_exceptions_past_key ON tieout_exceptions_past (id);
CREATE INDEX tieout_exceptions_past_until ON tieout_exceptions_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_exceptions_past_no_update BEFORE UPDATE ON tieout_exceptions_past BEGIN
    SELECT RAISE(ABORT, 'tieout_exceptions_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_exceptions_past_no_delete BEFORE DELETE ON tieout_exceptions_past BEGIN
    SELECT RAISE(ABORT, 'tieout_exceptions_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_exceptions_changed AFTER UPDATE OF id, code, severity, case_key, feed, account, order_reference, transaction_reference, currency, expected_minor, expected_currency, actual_minor, actual_currency, difference_minor, difference_currency, due_at, explanation, next_step, status, first_seen, last_seen, resolved_at, resolved_by, resolution, note ON tieout_exceptions
WHEN (OLD.id, OLD.code, OLD.severity, OLD.case_key, OLD.feed, OLD.account, OLD.order_reference, OLD.transaction_reference, OLD.currency, OLD.expected_minor, OLD.expected_currency, OLD.actual_minor, OLD.actual_currency, OLD.difference_minor, OLD.difference_currency, OLD.due_at, OLD.explanation, OLD.next_step, OLD.status, OLD.first_seen, OLD.last_seen, OLD.resolved_at, OLD.resolved_by, OLD.resolution, OLD.note)
    <> (NEW.id, NEW.code, NEW.severity, NEW.case_key, NEW.feed, NEW.account, NEW.order_reference, NEW.transaction_reference, NEW.currency, NEW.expected_minor, NEW.expected_currency, NEW.actual_minor, NEW.actual_currency, NEW.difference_minor, NEW.difference_currency, NEW.due_at, NEW.explanation, NEW.next_step, NEW.status, NEW.first_seen, NEW.last_seen, NEW.resolved_at, NEW.resolved_by, NEW.resolution, NEW.note) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_exceptions SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND id = NEW.id;
    INSERT INTO tieout_exceptions_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.id, OLD.code, OLD.severity, OLD.case_key, OLD.feed, OLD.account, OLD.order_reference, OLD.transaction_reference, OLD.currency, OLD.expected_minor, OLD.expected_currency, OLD.actual_minor, OLD.actual_currency, OLD.difference_minor, OLD.difference_currency, OLD.due_at, OLD.explanation, OLD.next_step, OLD.status, OLD.first_seen, OLD.last_seen, OLD.resolved_at, OLD.resolved_by, OLD.resolution, OLD.note, OLD.cluster, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_exceptions_removed AFTER DELETE ON tieout_exceptions BEGIN
    INSERT INTO tieout_exceptions_past SELECT change_number, OLD.id, OLD.code, OLD.severity, OLD.case_key, OLD.feed, OLD.account, OLD.order_reference, OLD.transaction_reference, OLD.currency, OLD.expected_minor, OLD.expected_currency, OLD.actual_minor, OLD.actual_currency, OLD.difference_minor, OLD.difference_currency, OLD.due_at, OLD.explanation, OLD.next_step, OLD.status, OLD.first_seen, OLD.last_seen, OLD.resolved_at, OLD.resolved_by, OLD.resolution, OLD.note, OLD.cluster, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_cancellations_past (
    until BIGINT NOT NULL,
    order_reference TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    intent_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    outcome_at BIGINT NOT NULL,
    detail TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_cancellations_past_key ON tieout_cancellations_past (order_reference);
CREATE INDEX tieout_cancellations_past_until ON tieout_cancellations_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_cancellations_past_no_update BEFORE UPDATE ON tieout_cancellations_past BEGIN
    SELECT RAISE(ABORT, 'tieout_cancellations_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_cancellations_past_no_delete BEFORE DELETE ON tieout_cancellations_past BEGIN
    SELECT RAISE(ABORT, 'tieout_cancellations_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_cancellations_changed AFTER UPDATE OF order_reference, run_id, reason, evidence, intent_at, outcome, outcome_at, detail ON tieout_cancellations
WHEN (OLD.order_reference, OLD.run_id, OLD.reason, OLD.evidence, OLD.intent_at, OLD.outcome, OLD.outcome_at, OLD.detail)
    <> (NEW.order_reference, NEW.run_id, NEW.reason, NEW.evidence, NEW.intent_at, NEW.outcome, NEW.outcome_at, NEW.detail) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_cancellations SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND order_reference = NEW.order_reference;
    INSERT INTO tieout_cancellations_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.order_reference, OLD.run_id, OLD.reason, OLD.evidence, OLD.intent_at, OLD.outcome, OLD.outcome_at, OLD.detail, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_cancellations_removed AFTER DELETE ON tieout_cancellations BEGIN
    INSERT INTO tieout_cancellations_past SELECT change_number, OLD.order_reference, OLD.run_id, OLD.reason, OLD.evidence, OLD.intent_at, OLD.outcome, OLD.outcome_at, OLD.detail, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_outbox_past (
    until BIGINT NOT NULL,
    kind TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_outbox_past_key ON tieout_outbox_past (kind, order_reference);
CREATE INDEX tieout_outbox_past_until ON tieout_outbox_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_outbox_past_no_update BEFORE UPDATE OF until, kind, order_reference, subject, body, created_at, sent_at, touched ON tieout_outbox_past BEGIN
    SELECT RAISE(ABORT, 'tieout_outbox_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_outbox_past_no_delete BEFORE DELETE ON tieout_outbox_past BEGIN
    SELECT RAISE(ABORT, 'tieout_outbox_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_outbox_changed AFTER UPDATE OF kind, order_reference, subject, body, created_at, sent_at ON tieout_outbox
WHEN (OLD.kind, OLD.order_reference, OLD.subject, OLD.body, OLD.created_at, OLD.sent_at)
    <> (NEW.kind, NEW.order_reference, NEW.subject, NEW.body, NEW.created_at, NEW.sent_at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_outbox SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND kind = NEW.kind AND order_reference = NEW.order_reference;
    INSERT INTO tieout_outbox_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.kind, OLD.order_reference, OLD.recipient, OLD.subject, OLD.body, OLD.created_at, OLD.sent_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_outbox_removed AFTER DELETE ON tieout_outbox BEGIN
    INSERT INTO tieout_outbox_past SELECT change_number, OLD.kind, OLD.order_reference, OLD.recipient, OLD.subject, OLD.body, OLD.created_at, OLD.sent_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_refund_intents_past (
    until BIGINT NOT NULL,
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
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_refund_intents_past_key ON tieout_refund_intents_past (idempotency_key);
CREATE INDEX tieout_refund_intents_past_until ON tieout_refund_intents_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_intents_past_no_update BEFORE UPDATE ON tieout_refund_intents_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refund_intents_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_intents_past_no_delete BEFORE DELETE ON tieout_refund_intents_past BEGIN
    SELECT RAISE(ABORT, 'tieout_refund_intents_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_intents_changed AFTER UPDATE OF idempotency_key, feed, account, payment_kind, payment_id, request_id, minor, currency, state, refund_id, reason, created_at, updated_at ON tieout_refund_intents
WHEN (OLD.idempotency_key, OLD.feed, OLD.account, OLD.payment_kind, OLD.payment_id, OLD.request_id, OLD.minor, OLD.currency, OLD.state, OLD.refund_id, OLD.reason, OLD.created_at, OLD.updated_at)
    <> (NEW.idempotency_key, NEW.feed, NEW.account, NEW.payment_kind, NEW.payment_id, NEW.request_id, NEW.minor, NEW.currency, NEW.state, NEW.refund_id, NEW.reason, NEW.created_at, NEW.updated_at) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_refund_intents SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND idempotency_key = NEW.idempotency_key;
    INSERT INTO tieout_refund_intents_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.idempotency_key, OLD.feed, OLD.account, OLD.payment_kind, OLD.payment_id, OLD.request_id, OLD.minor, OLD.currency, OLD.state, OLD.refund_id, OLD.reason, OLD.created_at, OLD.updated_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_refund_intents_removed AFTER DELETE ON tieout_refund_intents BEGIN
    INSERT INTO tieout_refund_intents_past SELECT change_number, OLD.idempotency_key, OLD.feed, OLD.account, OLD.payment_kind, OLD.payment_id, OLD.request_id, OLD.minor, OLD.currency, OLD.state, OLD.refund_id, OLD.reason, OLD.created_at, OLD.updated_at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_coverage_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    complete_from BIGINT NOT NULL,
    complete_through BIGINT NOT NULL,
    last_run_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    tied_from BIGINT NOT NULL,
    tied_through BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_coverage_past_key ON tieout_coverage_past (feed, account);
CREATE INDEX tieout_coverage_past_until ON tieout_coverage_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_coverage_past_no_update BEFORE UPDATE ON tieout_coverage_past BEGIN
    SELECT RAISE(ABORT, 'tieout_coverage_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_coverage_past_no_delete BEFORE DELETE ON tieout_coverage_past BEGIN
    SELECT RAISE(ABORT, 'tieout_coverage_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_coverage_changed AFTER UPDATE OF feed, account, complete_from, complete_through, last_run_id, reason, tied_from, tied_through ON tieout_coverage
WHEN (OLD.feed, OLD.account, OLD.complete_from, OLD.complete_through, OLD.last_run_id, OLD.reason, OLD.tied_from, OLD.tied_through)
    <> (NEW.feed, NEW.account, NEW.complete_from, NEW.complete_through, NEW.last_run_id, NEW.reason, NEW.tied_from, NEW.tied_through) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_coverage SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND feed = NEW.feed AND account = NEW.account;
    INSERT INTO tieout_coverage_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.feed, OLD.account, OLD.complete_from, OLD.complete_through, OLD.last_run_id, OLD.reason, OLD.tied_from, OLD.tied_through, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_coverage_removed AFTER DELETE ON tieout_coverage BEGIN
    INSERT INTO tieout_coverage_past SELECT change_number, OLD.feed, OLD.account, OLD.complete_from, OLD.complete_through, OLD.last_run_id, OLD.reason, OLD.tied_from, OLD.tied_through, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_runs_past (
    until BIGINT NOT NULL,
    id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    jobs TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_runs_past_key ON tieout_runs_past (id);
CREATE INDEX tieout_runs_past_until ON tieout_runs_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_runs_past_no_update BEFORE UPDATE ON tieout_runs_past BEGIN
    SELECT RAISE(ABORT, 'tieout_runs_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_runs_past_no_delete BEFORE DELETE ON tieout_runs_past BEGIN
    SELECT RAISE(ABORT, 'tieout_runs_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_runs_changed AFTER UPDATE OF id, started_at, ended_at, as_of, jobs, status, error ON tieout_runs
WHEN (OLD.id, OLD.started_at, OLD.ended_at, OLD.as_of, OLD.jobs, OLD.status, OLD.error)
    <> (NEW.id, NEW.started_at, NEW.ended_at, NEW.as_of, NEW.jobs, NEW.status, NEW.error) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_runs SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND id = NEW.id;
    INSERT INTO tieout_runs_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.id, OLD.started_at, OLD.ended_at, OLD.as_of, OLD.jobs, OLD.status, OLD.error, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_runs_removed AFTER DELETE ON tieout_runs BEGIN
    INSERT INTO tieout_runs_past SELECT change_number, OLD.id, OLD.started_at, OLD.ended_at, OLD.as_of, OLD.jobs, OLD.status, OLD.error, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_run_steps_past (
    until BIGINT NOT NULL,
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
    judged BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_run_steps_past_key ON tieout_run_steps_past (run_id, step);
CREATE INDEX tieout_run_steps_past_until ON tieout_run_steps_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_run_steps_past_no_update BEFORE UPDATE ON tieout_run_steps_past BEGIN
    SELECT RAISE(ABORT, 'tieout_run_steps_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_run_steps_past_no_delete BEFORE DELETE ON tieout_run_steps_past BEGIN
    SELECT RAISE(ABORT, 'tieout_run_steps_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_run_steps_changed AFTER UPDATE OF run_id, step, started_at, ended_at, status, read, stored, unchanged, rejected, other_mode, matched, waiting, excepted, acted, refused, error, judged ON tieout_run_steps
WHEN (OLD.run_id, OLD.step, OLD.started_at, OLD.ended_at, OLD.status, OLD.read, OLD.stored, OLD.unchanged, OLD.rejected, OLD.other_mode, OLD.matched, OLD.waiting, OLD.excepted, OLD.acted, OLD.refused, OLD.error, OLD.judged)
    <> (NEW.run_id, NEW.step, NEW.started_at, NEW.ended_at, NEW.status, NEW.read, NEW.stored, NEW.unchanged, NEW.rejected, NEW.other_mode, NEW.matched, NEW.waiting, NEW.excepted, NEW.acted, NEW.refused, NEW.error, NEW.judged) BEGIN
    UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1 AND NEW.touched <= OLD.touched;
    UPDATE tieout_run_steps SET touched = (SELECT change_number FROM tieout_progress) WHERE NEW.touched <= OLD.touched AND run_id = NEW.run_id AND step = NEW.step;
    INSERT INTO tieout_run_steps_past SELECT CASE WHEN NEW.touched > OLD.touched THEN NEW.touched ELSE change_number END, OLD.run_id, OLD.step, OLD.started_at, OLD.ended_at, OLD.status, OLD.read, OLD.stored, OLD.unchanged, OLD.rejected, OLD.other_mode, OLD.matched, OLD.waiting, OLD.excepted, OLD.acted, OLD.refused, OLD.error, OLD.judged, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_run_steps_removed AFTER DELETE ON tieout_run_steps BEGIN
    INSERT INTO tieout_run_steps_past SELECT change_number, OLD.run_id, OLD.step, OLD.started_at, OLD.ended_at, OLD.status, OLD.read, OLD.stored, OLD.unchanged, OLD.rejected, OLD.other_mode, OLD.matched, OLD.waiting, OLD.excepted, OLD.acted, OLD.refused, OLD.error, OLD.judged, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

CREATE TABLE tieout_gaps_past (
    until BIGINT NOT NULL,
    feed TEXT NOT NULL,
    account TEXT NOT NULL,
    what TEXT NOT NULL,
    id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    category TEXT NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at BIGINT NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_gaps_past_until ON tieout_gaps_past (until);
-- +goose StatementBegin
CREATE TRIGGER tieout_gaps_past_no_update BEFORE UPDATE ON tieout_gaps_past BEGIN
    SELECT RAISE(ABORT, 'tieout_gaps_past is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_gaps_past_no_delete BEFORE DELETE ON tieout_gaps_past BEGIN
    SELECT RAISE(ABORT, 'tieout_gaps_past is append-only: DELETE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_gaps_no_update BEFORE UPDATE ON tieout_gaps BEGIN
    SELECT RAISE(ABORT, 'tieout_gaps is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_gaps_removed AFTER DELETE ON tieout_gaps BEGIN
    INSERT INTO tieout_gaps_past SELECT change_number, OLD.feed, OLD.account, OLD.what, OLD.id, OLD.object_id, OLD.category, OLD.minor, OLD.currency, OLD.at, OLD.touched FROM tieout_progress;
END;
-- +goose StatementEnd

-- Reports that were written: the change as of which each was read, what else shaped it, and what came out (JSON: names, rows, bytes and SHA-256
-- of its files). It was recorded by the change that touched it.
CREATE TABLE tieout_reports (
    touched BIGINT NOT NULL,
    finance_day TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    held BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    version TEXT NOT NULL,
    terms TEXT NOT NULL,
    files TEXT NOT NULL,
    PRIMARY KEY (touched)
);
CREATE INDEX tieout_reports_finance_day ON tieout_reports (finance_day);
-- +goose StatementBegin
CREATE TRIGGER tieout_reports_no_update BEFORE UPDATE ON tieout_reports BEGIN
    SELECT RAISE(ABORT, 'tieout_reports is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_reports_no_delete BEFORE DELETE ON tieout_reports BEGIN
    SELECT RAISE(ABORT, 'tieout_reports is append-only: DELETE refused');
END;
-- +goose StatementEnd
