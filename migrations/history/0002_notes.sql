-- +goose Up

-- What agents have written of their calls. An operator's channel may have had two calls, one
-- after the other: that of a colleague who asked, and the caller's. They differ in the service.
CREATE TABLE notes (
	operator TEXT NOT NULL COLLATE NOCASE, -- his uid in working.db
	uniqueid TEXT NOT NULL,
	service TEXT NOT NULL,
	call TEXT NOT NULL,
	disposition TEXT NOT NULL,
	text TEXT NOT NULL,
	at INTEGER NOT NULL, -- when it was written, Unix milliseconds
	search TEXT NOT NULL, -- as in calls
	PRIMARY KEY (operator, uniqueid, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_by_time ON notes (at);
CREATE INDEX calls_by_channel ON calls (operator, uniqueid, service);

-- A note is kept as long as its call.
-- +goose StatementBegin
CREATE TRIGGER notes_go AFTER DELETE ON calls BEGIN
	DELETE FROM notes WHERE operator = OLD.operator AND uniqueid = OLD.uniqueid AND service = OLD.service
		AND NOT EXISTS (SELECT 1 FROM calls WHERE operator = OLD.operator AND uniqueid = OLD.uniqueid AND service = OLD.service);
END;
-- +goose StatementEnd

-- What is to be told by webhook. Times are Unix milliseconds.
CREATE TABLE deliveries (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	message TEXT NOT NULL, -- webhook-id
	body TEXT NOT NULL,
	about TEXT NOT NULL, -- which note it tells of, so that a newer one takes its place; "" for others
	created INTEGER NOT NULL,
	tries INTEGER NOT NULL DEFAULT 0,
	due INTEGER NOT NULL -- when it is tried next
) STRICT;

CREATE INDEX deliveries_by_due ON deliveries (due, id);
CREATE UNIQUE INDEX deliveries_by_note ON deliveries (about) WHERE about <> '';

-- +goose Down
DROP TABLE deliveries;
DROP TRIGGER notes_go;
DROP INDEX calls_by_channel;
DROP TABLE notes;
