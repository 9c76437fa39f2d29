-- +goose Up

-- How Asterisk is reached, as an administrator gave it; one row at most.
CREATE TABLE asterisk (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	version INTEGER NOT NULL, -- one more with each change
	address TEXT NOT NULL, -- host:port
	username TEXT NOT NULL,
	secret BLOB NOT NULL, -- sealed with a key of the pepper
	tls INTEGER NOT NULL CHECK (tls IN (0, 1)),
	ca TEXT NOT NULL, -- PEM; '' for the system's
	auth TEXT NOT NULL CHECK (auth IN ('md5', 'secret')),
	changed INTEGER NOT NULL, -- Unix milliseconds
	changed_by TEXT NOT NULL -- user id of a manager
) STRICT;

-- +goose Down
DROP TABLE asterisk;
