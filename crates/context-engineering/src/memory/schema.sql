-- A context that was opened, with its owner and the day on which it ends.
CREATE TABLE context (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    question TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX context_by_owner ON context (owner, expires);

-- What was decided. Rows are added, and go only with their context.
CREATE TABLE decision (
    context TEXT NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    supersedes INTEGER,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (context, number)
) STRICT;
CREATE TRIGGER decision_is_never_changed BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_is_never_deleted BEFORE DELETE ON decision
WHEN EXISTS (SELECT 1 FROM context WHERE id = OLD.context)
BEGIN SELECT RAISE(ABORT, 'a decision goes only with its context'); END;

-- What was said, and what it was compacted to.
CREATE TABLE turn (
    context TEXT NOT NULL REFERENCES context (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (context, number)
) STRICT;
