CREATE TABLE contexts (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    archived_ms INTEGER,
    next_position INTEGER NOT NULL DEFAULT 1,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    compact_after INTEGER NOT NULL
) STRICT;
CREATE INDEX contexts_of_owner ON contexts (owner, created_ms, id);
CREATE INDEX contexts_idle ON contexts (used_ms) WHERE archived_ms IS NULL;

CREATE TABLE access (
    context_id TEXT NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('reader', 'writer')),
    PRIMARY KEY (context_id, principal)
) STRICT;
CREATE INDEX access_of_principal ON access (principal);

-- Either a value that anybody who may read the context sees, or a ciphertext.
CREATE TABLE metadata (
    context_id TEXT NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    value TEXT,
    secret BLOB,
    PRIMARY KEY (context_id, field),
    CHECK ((value IS NULL) <> (secret IS NULL))
) STRICT;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    context_id TEXT NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    content TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    -- JSON: what is left of the messages that this one stands for.
    condensed TEXT,
    UNIQUE (context_id, position)
) STRICT;

CREATE TABLE insights (
    context_id TEXT NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
    -- What two wordings of one insight have in common.
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (context_id, key)
) STRICT;

CREATE VIRTUAL TABLE words USING fts5 (
    content, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER messages_added AFTER INSERT ON messages BEGIN
    INSERT INTO words (rowid, content) VALUES (new.id, new.content);
END;
CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
    INSERT INTO words (words, rowid, content) VALUES ('delete', old.id, old.content);
END;
