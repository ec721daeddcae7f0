-- +goose Up
-- Projection: what a provider states that an account holds in one currency, one row for each instant as of which it said so.
CREATE TABLE tieout_balances (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (feed, account, kind, id)
);
CREATE INDEX tieout_balances_at ON tieout_balances (feed, account, currency, at);

-- The tie-out in money looks objects up by id, and adds movements up by time.
CREATE INDEX tieout_refunds_id ON tieout_refunds (id);
CREATE INDEX tieout_disputes_id ON tieout_disputes (id);
CREATE INDEX tieout_payouts_id ON tieout_payouts (id);
CREATE INDEX tieout_movements_created_at ON tieout_movements (feed, account, net_currency, created_at, net_minor);
CREATE INDEX tieout_payments_created_at ON tieout_payments (created_at);
CREATE INDEX tieout_payments_succeeded_at ON tieout_payments (succeeded_at);
CREATE INDEX tieout_payments_unsettled ON tieout_payments (created_at) WHERE status IN ('pending', 'suspended');
