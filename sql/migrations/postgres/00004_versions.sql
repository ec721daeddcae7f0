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
);
CREATE TRIGGER tieout_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_changes
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
-- +goose StatementBegin
CREATE FUNCTION tieout_number_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tieout_changes (number, at) VALUES (NEW.change_number, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT));
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tieout_progress_number AFTER UPDATE OF change_number ON tieout_progress
    FOR EACH ROW WHEN (OLD.change_number <> NEW.change_number) EXECUTE FUNCTION tieout_number_given();

-- The last change of what was observed: changes after it are of what was made of it.
ALTER TABLE tieout_progress ADD COLUMN observed BIGINT NOT NULL DEFAULT 0;
UPDATE tieout_progress SET observed = change_number;

-- As of when what stands was judged, until a change.
CREATE TABLE tieout_progress_past (
    until BIGINT NOT NULL,
    judged_at BIGINT NOT NULL
);
CREATE INDEX tieout_progress_past_until ON tieout_progress_past (until);
CREATE TRIGGER tieout_progress_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_progress_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
-- +goose StatementBegin
CREATE FUNCTION tieout_keep_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tieout_progress_past (until, judged_at) VALUES (NEW.change_number, OLD.judged_at);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tieout_progress_judged AFTER UPDATE OF judged_at ON tieout_progress
    FOR EACH ROW WHEN (OLD.judged_at <> NEW.judged_at) EXECUTE FUNCTION tieout_keep_judged();

-- The tables of the past have the columns of their own in the same order, after until: a migration that adds a column adds it to both.
-- +goose StatementBegin
CREATE FUNCTION tieout_keep_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.%I SELECT p.change_number, w.* FROM was w CROSS JOIN tieout_progress p', TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past');
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- Its arguments are the key, and what is not kept. A statement of somebody who gave no number gets one of its own.
-- +goose StatementBegin
CREATE FUNCTION tieout_keep_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pairs CONSTANT text := 'was w LEFT JOIN became b USING (' || TG_ARGV[0] || ')';
    differ text;
    unnumbered BOOLEAN;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM was) THEN
        RETURN NULL;
    END IF;
    SELECT '(' || string_agg('w.' || quote_ident(attname), ', ' ORDER BY attnum) || ') IS DISTINCT FROM (' || string_agg('b.' || quote_ident(attname), ', ' ORDER BY attnum) || ')'
        INTO differ FROM pg_attribute
        WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attname <> ALL (string_to_array('touched,' || TG_ARGV[1], ','));
    EXECUTE format('WITH kept AS (INSERT INTO %I.%I SELECT CASE WHEN b.touched > w.touched THEN b.touched ELSE p.change_number + 1 END, w.*
        FROM %s CROSS JOIN tieout_progress p WHERE %s RETURNING until)
        SELECT COALESCE(MAX(k.until), 0) > (SELECT change_number FROM tieout_progress) FROM kept k',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_past', pairs, differ) INTO unnumbered;
    IF unnumbered THEN
        UPDATE tieout_progress SET change_number = change_number + 1 WHERE id = 1;
        EXECUTE format('UPDATE %I.%I t SET touched = p.change_number FROM was w, became b, tieout_progress p
            WHERE (t.%s) = (b.%s) AND (w.%s) = (b.%s) AND b.touched <= w.touched AND %s', TG_TABLE_SCHEMA, TG_TABLE_NAME,
            replace(TG_ARGV[0], ', ', ', t.'), replace(TG_ARGV[0], ', ', ', b.'), replace(TG_ARGV[0], ', ', ', w.'), replace(TG_ARGV[0], ', ', ', b.'), differ);
    END IF;
    RETURN NULL;
END
$$;
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
CREATE INDEX tieout_observations_touched ON tieout_observations USING brin (touched);
CREATE INDEX tieout_verdicts_touched ON tieout_verdicts USING brin (touched);

CREATE TABLE tieout_orders_past (until BIGINT NOT NULL, LIKE tieout_orders);
CREATE INDEX tieout_orders_past_key ON tieout_orders_past (feed, account, kind, id);
CREATE INDEX tieout_orders_past_until ON tieout_orders_past (until);
CREATE TRIGGER tieout_orders_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_orders_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_orders_changed AFTER UPDATE ON tieout_orders REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_orders_removed AFTER DELETE ON tieout_orders REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_orders_never BEFORE TRUNCATE ON tieout_orders
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_sources_past (until BIGINT NOT NULL, LIKE tieout_sources);
CREATE INDEX tieout_sources_past_key ON tieout_sources_past (feed, account, kind, id);
CREATE INDEX tieout_sources_past_until ON tieout_sources_past (until);
CREATE TRIGGER tieout_sources_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_sources_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_sources_changed AFTER UPDATE ON tieout_sources REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_sources_removed AFTER DELETE ON tieout_sources REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_sources_never BEFORE TRUNCATE ON tieout_sources
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_source_events_past (until BIGINT NOT NULL, LIKE tieout_source_events);
CREATE INDEX tieout_source_events_past_key ON tieout_source_events_past (feed, account, kind, id);
CREATE INDEX tieout_source_events_past_until ON tieout_source_events_past (until);
CREATE TRIGGER tieout_source_events_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_source_events_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_source_events_changed AFTER UPDATE ON tieout_source_events REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_source_events_removed AFTER DELETE ON tieout_source_events REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_source_events_never BEFORE TRUNCATE ON tieout_source_events
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_payments_past (until BIGINT NOT NULL, LIKE tieout_payments);
CREATE INDEX tieout_payments_past_key ON tieout_payments_past (feed, account, kind, id);
CREATE INDEX tieout_payments_past_until ON tieout_payments_past (until);
CREATE TRIGGER tieout_payments_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_payments_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_payments_changed AFTER UPDATE ON tieout_payments REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_payments_removed AFTER DELETE ON tieout_payments REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_payments_never BEFORE TRUNCATE ON tieout_payments
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_refunds_past (until BIGINT NOT NULL, LIKE tieout_refunds);
CREATE INDEX tieout_refunds_past_key ON tieout_refunds_past (feed, account, kind, id);
CREATE INDEX tieout_refunds_past_until ON tieout_refunds_past (until);
CREATE TRIGGER tieout_refunds_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_refunds_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_refunds_changed AFTER UPDATE ON tieout_refunds REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_refunds_removed AFTER DELETE ON tieout_refunds REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_refunds_never BEFORE TRUNCATE ON tieout_refunds
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_refund_requests_past (until BIGINT NOT NULL, LIKE tieout_refund_requests);
CREATE INDEX tieout_refund_requests_past_key ON tieout_refund_requests_past (feed, account, kind, id);
CREATE INDEX tieout_refund_requests_past_until ON tieout_refund_requests_past (until);
CREATE TRIGGER tieout_refund_requests_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_refund_requests_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_refund_requests_changed AFTER UPDATE ON tieout_refund_requests REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_refund_requests_removed AFTER DELETE ON tieout_refund_requests REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_refund_requests_never BEFORE TRUNCATE ON tieout_refund_requests
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_disputes_past (until BIGINT NOT NULL, LIKE tieout_disputes);
CREATE INDEX tieout_disputes_past_key ON tieout_disputes_past (feed, account, kind, id);
CREATE INDEX tieout_disputes_past_until ON tieout_disputes_past (until);
CREATE TRIGGER tieout_disputes_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_disputes_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_disputes_changed AFTER UPDATE ON tieout_disputes REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_disputes_removed AFTER DELETE ON tieout_disputes REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_disputes_never BEFORE TRUNCATE ON tieout_disputes
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_rejections_past (until BIGINT NOT NULL, LIKE tieout_rejections);
CREATE INDEX tieout_rejections_past_key ON tieout_rejections_past (feed, account, kind, id);
CREATE INDEX tieout_rejections_past_until ON tieout_rejections_past (until);
CREATE TRIGGER tieout_rejections_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_rejections_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_rejections_changed AFTER UPDATE ON tieout_rejections REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', 'cluster');
CREATE TRIGGER tieout_rejections_removed AFTER DELETE ON tieout_rejections REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_rejections_never BEFORE TRUNCATE ON tieout_rejections
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_movements_past (until BIGINT NOT NULL, LIKE tieout_movements);
CREATE INDEX tieout_movements_past_key ON tieout_movements_past (feed, account, kind, id);
CREATE INDEX tieout_movements_past_until ON tieout_movements_past (until);
CREATE TRIGGER tieout_movements_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_movements_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_movements_changed AFTER UPDATE ON tieout_movements REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', '');
CREATE TRIGGER tieout_movements_removed AFTER DELETE ON tieout_movements REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_movements_never BEFORE TRUNCATE ON tieout_movements
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_payouts_past (until BIGINT NOT NULL, LIKE tieout_payouts);
CREATE INDEX tieout_payouts_past_key ON tieout_payouts_past (feed, account, kind, id);
CREATE INDEX tieout_payouts_past_until ON tieout_payouts_past (until);
CREATE TRIGGER tieout_payouts_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_payouts_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_payouts_changed AFTER UPDATE ON tieout_payouts REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', '');
CREATE TRIGGER tieout_payouts_removed AFTER DELETE ON tieout_payouts REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_payouts_never BEFORE TRUNCATE ON tieout_payouts
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_payout_lines_past (until BIGINT NOT NULL, LIKE tieout_payout_lines);
CREATE INDEX tieout_payout_lines_past_key ON tieout_payout_lines_past (feed, account, kind, id);
CREATE INDEX tieout_payout_lines_past_until ON tieout_payout_lines_past (until);
CREATE TRIGGER tieout_payout_lines_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_payout_lines_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_payout_lines_changed AFTER UPDATE ON tieout_payout_lines REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', '');
CREATE TRIGGER tieout_payout_lines_removed AFTER DELETE ON tieout_payout_lines REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_payout_lines_never BEFORE TRUNCATE ON tieout_payout_lines
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_balances_past (until BIGINT NOT NULL, LIKE tieout_balances);
CREATE INDEX tieout_balances_past_key ON tieout_balances_past (feed, account, kind, id);
CREATE INDEX tieout_balances_past_until ON tieout_balances_past (until);
CREATE TRIGGER tieout_balances_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_balances_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_balances_changed AFTER UPDATE ON tieout_balances REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, kind, id', '');
CREATE TRIGGER tieout_balances_removed AFTER DELETE ON tieout_balances REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_balances_never BEFORE TRUNCATE ON tieout_balances
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_verdicts_past (until BIGINT NOT NULL, LIKE tieout_verdicts);
CREATE INDEX tieout_verdicts_past_key ON tieout_verdicts_past (case_key);
CREATE INDEX tieout_verdicts_past_until ON tieout_verdicts_past (until);
CREATE TRIGGER tieout_verdicts_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_verdicts_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_verdicts_changed AFTER UPDATE ON tieout_verdicts REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('case_key', 'cluster');
CREATE TRIGGER tieout_verdicts_removed AFTER DELETE ON tieout_verdicts REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_verdicts_never BEFORE TRUNCATE ON tieout_verdicts
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_owed_past (until BIGINT NOT NULL, LIKE tieout_owed);
CREATE INDEX tieout_owed_past_key ON tieout_owed_past (feed, account, payment_id, request_id);
CREATE INDEX tieout_owed_past_until ON tieout_owed_past (until);
CREATE TRIGGER tieout_owed_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_owed_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_owed_changed AFTER UPDATE ON tieout_owed REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account, payment_id, request_id', '');
CREATE TRIGGER tieout_owed_removed AFTER DELETE ON tieout_owed REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_owed_never BEFORE TRUNCATE ON tieout_owed
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_exceptions_past (until BIGINT NOT NULL, LIKE tieout_exceptions);
CREATE INDEX tieout_exceptions_past_key ON tieout_exceptions_past (id);
CREATE INDEX tieout_exceptions_past_until ON tieout_exceptions_past (until);
CREATE TRIGGER tieout_exceptions_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_exceptions_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_exceptions_changed AFTER UPDATE ON tieout_exceptions REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('id', 'cluster');
CREATE TRIGGER tieout_exceptions_removed AFTER DELETE ON tieout_exceptions REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_exceptions_never BEFORE TRUNCATE ON tieout_exceptions
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_cancellations_past (until BIGINT NOT NULL, LIKE tieout_cancellations);
CREATE INDEX tieout_cancellations_past_key ON tieout_cancellations_past (order_reference);
CREATE INDEX tieout_cancellations_past_until ON tieout_cancellations_past (until);
CREATE TRIGGER tieout_cancellations_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_cancellations_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_cancellations_changed AFTER UPDATE ON tieout_cancellations REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('order_reference', '');
CREATE TRIGGER tieout_cancellations_removed AFTER DELETE ON tieout_cancellations REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_cancellations_never BEFORE TRUNCATE ON tieout_cancellations
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_outbox_past (until BIGINT NOT NULL, LIKE tieout_outbox);
CREATE INDEX tieout_outbox_past_key ON tieout_outbox_past (kind, order_reference);
CREATE INDEX tieout_outbox_past_until ON tieout_outbox_past (until);
CREATE TRIGGER tieout_outbox_past_append_only BEFORE UPDATE OF until, kind, order_reference, subject, body, created_at, sent_at, touched OR DELETE OR TRUNCATE ON tieout_outbox_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_outbox_changed AFTER UPDATE ON tieout_outbox REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('kind, order_reference', 'recipient');
CREATE TRIGGER tieout_outbox_removed AFTER DELETE ON tieout_outbox REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_outbox_never BEFORE TRUNCATE ON tieout_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_refund_intents_past (until BIGINT NOT NULL, LIKE tieout_refund_intents);
CREATE INDEX tieout_refund_intents_past_key ON tieout_refund_intents_past (idempotency_key);
CREATE INDEX tieout_refund_intents_past_until ON tieout_refund_intents_past (until);
CREATE TRIGGER tieout_refund_intents_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_refund_intents_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_refund_intents_changed AFTER UPDATE ON tieout_refund_intents REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('idempotency_key', '');
CREATE TRIGGER tieout_refund_intents_removed AFTER DELETE ON tieout_refund_intents REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_refund_intents_never BEFORE TRUNCATE ON tieout_refund_intents
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_coverage_past (until BIGINT NOT NULL, LIKE tieout_coverage);
CREATE INDEX tieout_coverage_past_key ON tieout_coverage_past (feed, account);
CREATE INDEX tieout_coverage_past_until ON tieout_coverage_past (until);
CREATE TRIGGER tieout_coverage_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_coverage_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_coverage_changed AFTER UPDATE ON tieout_coverage REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('feed, account', '');
CREATE TRIGGER tieout_coverage_removed AFTER DELETE ON tieout_coverage REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_coverage_never BEFORE TRUNCATE ON tieout_coverage
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_runs_past (until BIGINT NOT NULL, LIKE tieout_runs);
CREATE INDEX tieout_runs_past_key ON tieout_runs_past (id);
CREATE INDEX tieout_runs_past_until ON tieout_runs_past (until);
CREATE TRIGGER tieout_runs_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_runs_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_runs_changed AFTER UPDATE ON tieout_runs REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('id', '');
CREATE TRIGGER tieout_runs_removed AFTER DELETE ON tieout_runs REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_runs_never BEFORE TRUNCATE ON tieout_runs
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_run_steps_past (until BIGINT NOT NULL, LIKE tieout_run_steps);
CREATE INDEX tieout_run_steps_past_key ON tieout_run_steps_past (run_id, step);
CREATE INDEX tieout_run_steps_past_until ON tieout_run_steps_past (until);
CREATE TRIGGER tieout_run_steps_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_run_steps_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_run_steps_changed AFTER UPDATE ON tieout_run_steps REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_changed('run_id, step', '');
CREATE TRIGGER tieout_run_steps_removed AFTER DELETE ON tieout_run_steps REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_run_steps_never BEFORE TRUNCATE ON tieout_run_steps
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

CREATE TABLE tieout_gaps_past (until BIGINT NOT NULL, LIKE tieout_gaps);
CREATE INDEX tieout_gaps_past_until ON tieout_gaps_past (until);
CREATE TRIGGER tieout_gaps_past_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_gaps_past
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_gaps_removed AFTER DELETE ON tieout_gaps REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_keep_removed();
CREATE TRIGGER tieout_gaps_never BEFORE UPDATE OR TRUNCATE ON tieout_gaps
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

-- Reports that were written: the change as of which each was read, what else shaped it, and what came out (JSON: names, rows, bytes and SHA-256
-- of its files). It was recorded by the change that touched it.
CREATE TABLE tieout_reports (
    touched BIGINT NOT NULL,
    finance_day TEXT COLLATE "C" NOT NULL,
    as_of BIGINT NOT NULL,
    held BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    terms TEXT COLLATE "C" NOT NULL,
    files TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (touched)
);
CREATE INDEX tieout_reports_finance_day ON tieout_reports (finance_day);
CREATE TRIGGER tieout_reports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_reports
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
