-- +goose Up
-- The log of the settlement history (docs/AUDIT.md). Its entries are the versions of all rows, which are kept anyway; what is added
-- here is what makes them provable.

-- One row for each seal: which entries it added, up to which change, the hashes of the subtrees that cover them, and the checkpoint
-- of the whole log, signed where there was a key.
CREATE TABLE tieout_seals (
    id BIGINT NOT NULL,
    first_entry BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT NOT NULL,
    span TEXT NOT NULL,
    after_change BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    log TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tieout_seals_no_update BEFORE UPDATE ON tieout_seals BEGIN
    SELECT RAISE(ABORT, 'tieout_seals is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_seals_no_delete BEFORE DELETE ON tieout_seals BEGIN
    SELECT RAISE(ABORT, 'tieout_seals is append-only: DELETE refused');
END;
-- +goose StatementEnd

-- The first bytes of each entry's hash, in base64: they tell which row was altered, should one be.
CREATE TABLE tieout_seal_marks (
    seal BIGINT NOT NULL,
    part BIGINT NOT NULL,
    marks TEXT NOT NULL,
    PRIMARY KEY (seal, part)
);
-- +goose StatementBegin
CREATE TRIGGER tieout_seal_marks_no_update BEFORE UPDATE ON tieout_seal_marks BEGIN
    SELECT RAISE(ABORT, 'tieout_seal_marks is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_seal_marks_no_delete BEFORE DELETE ON tieout_seal_marks BEGIN
    SELECT RAISE(ABORT, 'tieout_seal_marks is append-only: DELETE refused');
END;
-- +goose StatementEnd

-- What stands in the log for the recipient of a message: a hash of a random salt and the address. Without the salt, which
-- `tieout forget` removes together with the address, nobody can try out whose address it was.
CREATE TABLE tieout_commitments (
    kind TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    commitment TEXT NOT NULL,
    salt TEXT NOT NULL,
    PRIMARY KEY (kind, order_reference)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tieout_commitments_no_update BEFORE UPDATE ON tieout_commitments
WHEN NEW.salt <> '' OR NEW.kind <> OLD.kind OR NEW.order_reference <> OLD.order_reference OR NEW.commitment <> OLD.commitment BEGIN
    SELECT RAISE(ABORT, 'tieout_commitments: only the salt can be removed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_commitments_no_delete BEFORE DELETE ON tieout_commitments BEGIN
    SELECT RAISE(ABORT, 'tieout_commitments is append-only: DELETE refused');
END;
-- +goose StatementEnd

-- Personal data that was removed on request.
CREATE TABLE tieout_forgotten (
    id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    reason TEXT NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tieout_forgotten_no_update BEFORE UPDATE ON tieout_forgotten BEGIN
    SELECT RAISE(ABORT, 'tieout_forgotten is append-only: UPDATE refused');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tieout_forgotten_no_delete BEFORE DELETE ON tieout_forgotten BEGIN
    SELECT RAISE(ABORT, 'tieout_forgotten is append-only: DELETE refused');
END;
-- +goose StatementEnd
