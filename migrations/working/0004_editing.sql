-- +goose Up

-- Edits are numbered. The version of an item is the number of the edit it is from, so
-- that no two items, and no two states of one, ever had the same.
ALTER TABLE services ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE services ADD COLUMN changed INTEGER NOT NULL DEFAULT 0; -- Unix milliseconds
ALTER TABLE services ADD COLUMN changed_by TEXT NOT NULL DEFAULT ''; -- user id of a manager

ALTER TABLE operators ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operators ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operators ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';

ALTER TABLE seats ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';

ALTER TABLE draft ADD COLUMN changes INTEGER NOT NULL DEFAULT 0; -- the number of the last edit
ALTER TABLE draft ADD COLUMN settings INTEGER NOT NULL DEFAULT 0; -- the version of reasons and limits

-- The last edit of each item, of those that were removed, too.
CREATE TABLE edits (
	kind TEXT NOT NULL, -- 'service', …
	name TEXT NOT NULL, -- in lower case; '' where there is one of the kind
	action TEXT NOT NULL CHECK (action IN ('added', 'changed', 'removed')),
	edited INTEGER NOT NULL, -- Unix milliseconds
	edited_by TEXT NOT NULL,
	PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE publications ADD COLUMN published_by TEXT NOT NULL DEFAULT '';
ALTER TABLE publications ADD COLUMN changes INTEGER NOT NULL DEFAULT 0; -- items that differed from the one before

-- The orders of the lists.
CREATE INDEX operators_by_fullname ON operators (fullname COLLATE NOCASE, username);
CREATE INDEX operators_by_enabled ON operators (enabled, username);
CREATE INDEX operators_by_changed ON operators (changed, username);
CREATE INDEX seats_by_description ON seats (description COLLATE NOCASE, extension);
CREATE INDEX seats_by_changed ON seats (changed, extension);

-- +goose Down
DROP INDEX seats_by_changed;
DROP INDEX seats_by_description;
DROP INDEX operators_by_changed;
DROP INDEX operators_by_enabled;
DROP INDEX operators_by_fullname;
ALTER TABLE publications DROP COLUMN changes;
ALTER TABLE publications DROP COLUMN published_by;
DROP TABLE edits;
ALTER TABLE draft DROP COLUMN settings;
ALTER TABLE draft DROP COLUMN changes;
ALTER TABLE seats DROP COLUMN changed_by;
ALTER TABLE seats DROP COLUMN changed;
ALTER TABLE seats DROP COLUMN version;
ALTER TABLE operators DROP COLUMN changed_by;
ALTER TABLE operators DROP COLUMN changed;
ALTER TABLE operators DROP COLUMN version;
ALTER TABLE services DROP COLUMN changed_by;
ALTER TABLE services DROP COLUMN changed;
ALTER TABLE services DROP COLUMN version;
