-- +goose Up

ALTER TABLE services ADD COLUMN open_at TEXT NOT NULL DEFAULT 'answer' CHECK (open_at IN ('answer', 'ring')); -- when the action is handed out
ALTER TABLE service_variables ADD COLUMN label TEXT NOT NULL DEFAULT ''; -- for people; without, they read the name

-- How a call can turn out. None: agents choose none.
CREATE TABLE service_dispositions (
	service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
	position INTEGER NOT NULL, -- the order to show them in
	name TEXT NOT NULL COLLATE NOCASE,
	PRIMARY KEY (service_id, position),
	UNIQUE (service_id, name)
) STRICT;

-- +goose Down
DROP TABLE service_dispositions;
ALTER TABLE service_variables DROP COLUMN label;
ALTER TABLE services DROP COLUMN open_at;
