-- +goose Up
-- One row for each report and place that it was brought to: the intent is written first, then what became of it.
CREATE TABLE tieout_deliveries (
    report TEXT NOT NULL,
    carrier TEXT NOT NULL,
    finance_day TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (report, carrier)
) WITHOUT ROWID;
