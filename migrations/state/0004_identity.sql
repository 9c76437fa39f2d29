-- +goose Up

-- A browser's sign-in is a person's, whatever he is called.
ALTER TABLE browser_sessions ADD COLUMN uid TEXT NOT NULL DEFAULT ''; -- as in working.db
UPDATE browser_sessions SET uid = lower(operator);
DROP INDEX browser_sessions_by_operator;
CREATE INDEX browser_sessions_by_uid ON browser_sessions (uid);

-- +goose Down
DROP INDEX browser_sessions_by_uid;
CREATE INDEX browser_sessions_by_operator ON browser_sessions (operator);
ALTER TABLE browser_sessions DROP COLUMN uid;
