-- +goose Up

ALTER TABLE services ADD COLUMN after_call INTEGER NOT NULL DEFAULT 0 CHECK (after_call BETWEEN 0 AND 3600); -- seconds
ALTER TABLE services ADD COLUMN caller_id TEXT NOT NULL DEFAULT ''; -- '"Name" <number>' or a number

-- The numbers an outbound service may dial and may not, by how they begin.
CREATE TABLE service_prefixes (
	service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
	prefix TEXT NOT NULL,
	allowed INTEGER NOT NULL CHECK (allowed IN (0, 1)),
	PRIMARY KEY (service_id, prefix)
) STRICT;

-- Why agents pause. None: the program's own.
CREATE TABLE pause_reasons (
	position INTEGER PRIMARY KEY, -- the order to show them in
	reason TEXT NOT NULL COLLATE NOCASE UNIQUE
) STRICT;

-- +goose Down
DROP TABLE pause_reasons;
DROP TABLE service_prefixes;
ALTER TABLE services DROP COLUMN caller_id;
ALTER TABLE services DROP COLUMN after_call;
