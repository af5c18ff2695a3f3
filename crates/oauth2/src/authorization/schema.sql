CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    pkcs8 BLOB NOT NULL,
    jwk TEXT NOT NULL,
    -- 0: signed once, and is still published; 1: signs; 2: will sign after the next rotation.
    turn INTEGER NOT NULL,
    retired INTEGER
) STRICT;
CREATE TABLE clients (id TEXT PRIMARY KEY, document TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE requests (
    id TEXT PRIMARY KEY, browser TEXT NOT NULL, csrf TEXT NOT NULL, document TEXT NOT NULL, expires INTEGER NOT NULL
) STRICT;
CREATE TABLE browsers (hash TEXT PRIMARY KEY, user TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE grants (
    id TEXT PRIMARY KEY, document TEXT NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE codes (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE refresh_tokens (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX refresh_tokens_of_grant ON refresh_tokens (grant_id);
CREATE TABLE revoked_tokens (jti TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
CREATE TABLE assertions (jti TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
