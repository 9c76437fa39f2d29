-- +goose Up

-- Memberships of queues that this server has made: none that is not here is ever ended.
-- Asterisk compares names of queues and telephones without case.
CREATE TABLE queue_members (
	queue TEXT NOT NULL COLLATE NOCASE,
	interface TEXT NOT NULL COLLATE NOCASE, -- "PJSIP/201"
	operator TEXT NOT NULL,
	added INTEGER NOT NULL, -- Unix milliseconds
	PRIMARY KEY (queue, interface)
) STRICT, WITHOUT ROWID;

-- Agents who have paused, so that a restart of the server brings nobody back to work.
CREATE TABLE pauses (
	operator TEXT PRIMARY KEY COLLATE NOCASE,
	reason TEXT NOT NULL,
	since INTEGER NOT NULL -- Unix milliseconds
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE pauses;
DROP TABLE queue_members;
