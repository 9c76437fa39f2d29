-- +goose Up

-- Agents' parts of calls that are over, in the order in which they ended. Times are Unix
-- milliseconds.
CREATE TABLE calls (
	id INTEGER PRIMARY KEY AUTOINCREMENT, -- grows for ever, whatever the clock does
	operator TEXT NOT NULL COLLATE NOCASE, -- his uid in working.db
	call TEXT NOT NULL, -- as clients are told it
	uniqueid TEXT NOT NULL, -- of the agent's own channel
	service TEXT NOT NULL, -- '' for an internal call
	queue TEXT NOT NULL,
	direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal')),
	outgoing INTEGER NOT NULL CHECK (outgoing IN (0, 1)), -- the agent's telephone called out
	number TEXT NOT NULL, -- of the caller, as his name
	name TEXT NOT NULL,
	called TEXT NOT NULL,
	variables TEXT NOT NULL, -- JSON: [{"name", "value"}, …], in the order of the service
	started INTEGER NOT NULL,
	answered INTEGER NOT NULL, -- 0: never
	ended INTEGER NOT NULL,
	talked INTEGER NOT NULL, -- seconds
	outcome TEXT NOT NULL,
	handed TEXT NOT NULL, -- how he handed it on; '' when he did not
	handed_to TEXT NOT NULL,
	cause INTEGER NOT NULL, -- Q.850
	search TEXT NOT NULL -- what is searched, in lower case
) STRICT;

CREATE INDEX calls_by_operator ON calls (operator, id);
CREATE INDEX calls_by_end ON calls (ended);

-- +goose Down
DROP TABLE calls;
