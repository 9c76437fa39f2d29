-- +goose Up

-- The full name of the agent whom a call was handed on to, as it was then; '' when there was none.
ALTER TABLE calls ADD COLUMN handed_name TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE calls DROP COLUMN handed_name;
