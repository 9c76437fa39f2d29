-- +goose Up

-- Who an operator is, whatever he is called: what is kept of his calls is kept under it. Those
-- who are there keep what was kept under their names.
ALTER TABLE operators ADD COLUMN uid TEXT NOT NULL DEFAULT '';
UPDATE operators SET uid = lower(username);
CREATE UNIQUE INDEX operators_by_uid ON operators (uid);

-- +goose Down
DROP INDEX operators_by_uid;
ALTER TABLE operators DROP COLUMN uid;
