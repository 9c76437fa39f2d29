-- +goose Up

-- A service without after-call work of its own (-1) takes that of the limits. SQLite
-- changes no CHECK: the column is made anew.
ALTER TABLE services ADD COLUMN after_call_3 INTEGER NOT NULL DEFAULT -1 CHECK (after_call_3 BETWEEN -1 AND 3600); -- seconds
UPDATE services SET after_call_3 = after_call;
ALTER TABLE services DROP COLUMN after_call;
ALTER TABLE services RENAME COLUMN after_call_3 TO after_call;

-- One row, or none: what holds for all services and agents.
CREATE TABLE limits (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	after_call INTEGER NOT NULL CHECK (after_call BETWEEN 0 AND 3600), -- seconds
	per_minute INTEGER NOT NULL CHECK (per_minute BETWEEN 0 AND 600), -- calls of an agent; 0: as the boot file says
	per_hour INTEGER NOT NULL CHECK (per_hour BETWEEN 0 AND 36000)
) STRICT;

-- +goose Down
DROP TABLE limits;
ALTER TABLE services ADD COLUMN after_call_2 INTEGER NOT NULL DEFAULT 0 CHECK (after_call_2 BETWEEN 0 AND 3600);
UPDATE services SET after_call_2 = max(after_call, 0);
ALTER TABLE services DROP COLUMN after_call;
ALTER TABLE services RENAME COLUMN after_call_2 TO after_call;
