-- +goose Up
-- What was imported from providers' files, of which a feed still has to show what it knows.
CREATE INDEX tieout_observations_imported ON tieout_observations (id) WHERE run_id = 0 AND feed <> 'shop';
