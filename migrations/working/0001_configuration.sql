-- +goose Up

-- What the configurator and "config import" edit. Times are Unix milliseconds.
CREATE TABLE services (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL COLLATE NOCASE UNIQUE,
	context TEXT NOT NULL,
	type TEXT NOT NULL CHECK (type IN ('inbound', 'outbound')),
	queue TEXT NOT NULL DEFAULT '',
	trigger TEXT NOT NULL DEFAULT 'browser' CHECK (trigger IN ('browser', 'application')),
	application TEXT NOT NULL DEFAULT '',
	param_string TEXT NOT NULL DEFAULT '',
	target TEXT NOT NULL DEFAULT 'window' CHECK (target IN ('window', 'pane', 'tab', 'button')),
	allow_http INTEGER NOT NULL DEFAULT 0 CHECK (allow_http IN (0, 1)),
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
) STRICT;

CREATE TABLE operators (
	id INTEGER PRIMARY KEY,
	username TEXT NOT NULL COLLATE NOCASE UNIQUE,
	fullname TEXT NOT NULL DEFAULT '',
	verifier TEXT NOT NULL DEFAULT '', -- $cti1$…; never a password nor its MD5
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
) STRICT;

CREATE TABLE seats (
	id INTEGER PRIMARY KEY,
	mac TEXT NOT NULL UNIQUE,
	extension TEXT NOT NULL COLLATE NOCASE UNIQUE,
	description TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE service_variables (
	service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
	position INTEGER NOT NULL, -- the order to show them in
	name TEXT NOT NULL,
	PRIMARY KEY (service_id, position),
	UNIQUE (service_id, name)
) STRICT;

CREATE TABLE service_operators (
	service_id INTEGER NOT NULL REFERENCES services (id) ON DELETE CASCADE,
	operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
	penalty INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (service_id, operator_id)
) STRICT;

CREATE INDEX service_operators_by_operator ON service_operators (operator_id);

-- One row: where the draft stands.
CREATE TABLE draft (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	revision INTEGER NOT NULL, -- given to a publication last
	changed INTEGER NOT NULL   -- when it was last edited
) STRICT;

INSERT INTO draft (id, revision, changed) VALUES (1, 0, 0);

-- What was published from here, and when.
CREATE TABLE publications (
	revision INTEGER PRIMARY KEY,
	file TEXT NOT NULL,
	published INTEGER NOT NULL,
	services INTEGER NOT NULL,
	seats INTEGER NOT NULL,
	operators INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE publications;
DROP TABLE draft;
DROP TABLE service_operators;
DROP TABLE service_variables;
DROP TABLE seats;
DROP TABLE operators;
DROP TABLE services;
