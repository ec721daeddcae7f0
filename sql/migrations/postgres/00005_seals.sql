-- +goose Up
-- The log of the settlement history (docs/AUDIT.md). Its entries are the versions of all rows, which are kept anyway; what is added
-- here is what makes them provable.

-- One row for each seal: which entries it added, up to which change, the hashes of the subtrees that cover them, and the checkpoint
-- of the whole log, signed where there was a key.
CREATE TABLE tieout_seals (
    id BIGINT NOT NULL,
    first_entry BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT COLLATE "C" NOT NULL,
    span TEXT COLLATE "C" NOT NULL,
    after_change BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    log TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE TRIGGER tieout_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_seals
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

-- The first bytes of each entry's hash, in base64: they tell which row was altered, should one be.
CREATE TABLE tieout_seal_marks (
    seal BIGINT NOT NULL,
    part BIGINT NOT NULL,
    marks TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (seal, part)
);
CREATE TRIGGER tieout_seal_marks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_seal_marks
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();

-- What stands in the log for the recipient of a message: a hash of a random salt and the address. Without the salt, which
-- `tieout forget` removes together with the address, nobody can try out whose address it was.
CREATE TABLE tieout_commitments (
    kind TEXT COLLATE "C" NOT NULL,
    order_reference TEXT COLLATE "C" NOT NULL,
    commitment TEXT COLLATE "C" NOT NULL,
    salt TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, order_reference)
);
CREATE TRIGGER tieout_commitments_append_only BEFORE DELETE OR TRUNCATE ON tieout_commitments
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
CREATE TRIGGER tieout_commitments_only_salt BEFORE UPDATE OF kind, order_reference, commitment ON tieout_commitments
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
-- +goose StatementBegin
CREATE FUNCTION tieout_refuse_salt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tieout_commitments: only the salt can be removed';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tieout_commitments_no_salt BEFORE UPDATE OF salt ON tieout_commitments
    FOR EACH ROW WHEN (NEW.salt <> '') EXECUTE FUNCTION tieout_refuse_salt();

-- Personal data that was removed on request.
CREATE TABLE tieout_forgotten (
    id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    order_reference TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE TRIGGER tieout_forgotten_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tieout_forgotten
    FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();
