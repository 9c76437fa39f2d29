-- +goose Up

-- Sign-ins of browsers, so that a restart of the server ends none. Times are Unix
-- milliseconds. The token itself is in the browser's cookie only.
CREATE TABLE browser_sessions (
	token BLOB PRIMARY KEY CHECK (length(token) = 32), -- its SHA-256
	operator TEXT NOT NULL,
	seat TEXT NOT NULL, -- MAC address
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX browser_sessions_by_operator ON browser_sessions (operator);

-- +goose Down
DROP TABLE browser_sessions;
