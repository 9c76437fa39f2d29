-- +goose Up

-- Who may use the configurator. Times are Unix milliseconds. AUTOINCREMENT: the id of
-- one who was removed is never another's.
CREATE TABLE managers (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL DEFAULT 1, -- one more with every edit
	user_id TEXT NOT NULL COLLATE NOCASE UNIQUE,
	full_name TEXT NOT NULL DEFAULT '',
	email TEXT NOT NULL DEFAULT '',
	role TEXT NOT NULL CHECK (role IN ('administrator', 'editor', 'viewer')),
	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	verifier TEXT NOT NULL DEFAULT '', -- $cti1$…; '' until a password is set by a reset link
	password_version INTEGER NOT NULL DEFAULT 1, -- one more with every password
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	changed_by TEXT NOT NULL,
	seen INTEGER NOT NULL DEFAULT 0, -- 0: never
	totp BLOB, -- the secret of one-time codes, sealed; NULL for none
	totp_new BLOB, -- one that is not confirmed yet
	totp_step INTEGER NOT NULL DEFAULT 0 -- the last code used: none so old or older is taken
) STRICT;

-- Of tokens, here and below, only the SHA-256 is kept.
CREATE TABLE manager_sessions (
	token BLOB PRIMARY KEY CHECK (length(token) = 32),
	manager_id INTEGER NOT NULL REFERENCES managers (id) ON DELETE CASCADE,
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL -- as the browser calls itself
) STRICT, WITHOUT ROWID;

CREATE INDEX manager_sessions_by_manager ON manager_sessions (manager_id);

-- UNIQUE manager_id: a newer link takes the place of the older one.
CREATE TABLE reset_tokens (
	token BLOB PRIMARY KEY CHECK (length(token) = 32),
	manager_id INTEGER NOT NULL UNIQUE REFERENCES managers (id) ON DELETE CASCADE,
	password_version INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the command line did, until the running server has put it into the audit.
CREATE TABLE notes (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	change TEXT NOT NULL -- JSON
) STRICT;

-- +goose Down
DROP TABLE notes;
DROP TABLE reset_tokens;
DROP TABLE manager_sessions;
DROP TABLE managers;
