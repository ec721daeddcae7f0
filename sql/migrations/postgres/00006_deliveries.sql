-- +goose Up
-- One row for each report and place that it was brought to: the intent is written first, then what became of it.
CREATE TABLE tieout_deliveries (
    report TEXT COLLATE "C" NOT NULL,
    carrier TEXT COLLATE "C" NOT NULL,
    finance_day TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    run_id BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (report, carrier)
);
