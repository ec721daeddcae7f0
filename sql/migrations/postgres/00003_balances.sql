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

-- Derived: what the tie-out in money cannot explain, by the object that it is about, each from `at` on; and movements that were not
-- made yet (what = 'later'), whose objects are looked at again. tied and tied_at in tieout_progress: up to which change and as of when.
CREATE TABLE tieout_gaps (
    feed TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    minor BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX tieout_gaps_object_id ON tieout_gaps (object_id);
CREATE INDEX tieout_gaps_later ON tieout_gaps (at) WHERE what = 'later';
ALTER TABLE tieout_progress ADD COLUMN tied BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_progress ADD COLUMN tied_at BIGINT NOT NULL DEFAULT 0;

-- The time in which a payment without a movement is among the gaps: that of the coverage when they were found; both 0 when the
-- account showed no movement at all.
ALTER TABLE tieout_coverage ADD COLUMN tied_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tieout_coverage ADD COLUMN tied_through BIGINT NOT NULL DEFAULT 0;

-- Objects that a movement or a rejection spoke of before it was read otherwise: no row that is left says so.
CREATE TABLE tieout_object_losses (
    object_id TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL
);
CREATE INDEX tieout_object_losses_touched ON tieout_object_losses (touched);
