-- Who signs in, by what, and what they may do. Secrets are kept as fingerprints (SHA-256) or hashes, never as they
-- are. `epoch` counts the changes of access, by which nodes know that what they remember is old.

ALTER TABLE instance ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Users and robots, whose names therefore differ. `seen_at` is 0 for who never signed in.
CREATE TABLE principals (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    username    TEXT   NOT NULL UNIQUE,
    name        TEXT   NOT NULL,
    email       TEXT   NOT NULL,
    namespace   TEXT,
    expires_at  BIGINT,
    disabled_at BIGINT,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL DEFAULT 0,
    seen_from   TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX principals_by_namespace ON principals (namespace, username);

CREATE TABLE passwords (
    user_id    TEXT   NOT NULL PRIMARY KEY REFERENCES principals (id),
    hash       TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Of users and robots. `role`, `scope` and `tags` are the most that a user's token allows.
CREATE TABLE tokens (
    id           TEXT   NOT NULL PRIMARY KEY,
    principal_id TEXT   NOT NULL REFERENCES principals (id),
    name         TEXT   NOT NULL,
    fingerprint  TEXT   NOT NULL UNIQUE,
    role         TEXT,
    scope        TEXT,
    tags         TEXT,
    expires_at   BIGINT,
    created_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL DEFAULT 0,
    used_from    TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX tokens_by_principal ON tokens (principal_id, name);

CREATE TABLE sessions (
    fingerprint TEXT   NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    user_id     TEXT   NOT NULL REFERENCES principals (id),
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    address     TEXT   NOT NULL,
    agent       TEXT   NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at DESC);
CREATE INDEX sessions_by_sight ON sessions (seen_at);

-- Links that work once: the set-up of the first administrator, invitations, ways back in.
CREATE TABLE one_time_links (
    fingerprint TEXT   NOT NULL PRIMARY KEY,
    purpose     TEXT   NOT NULL,
    user_id     TEXT   REFERENCES principals (id),
    expires_at  BIGINT,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL
);

CREATE TABLE user_groups (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL
);

-- `source` is '' for who was added here, else the provider that says so.
CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES user_groups (id),
    user_id  TEXT NOT NULL REFERENCES principals (id),
    source   TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id, source)
);
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

-- `grantee` is the id of a principal or a group, and '' for everybody.
CREATE TABLE grants (
    id           TEXT   NOT NULL PRIMARY KEY,
    grantee_kind TEXT   NOT NULL,
    grantee      TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    scope        TEXT   NOT NULL,
    tags         TEXT,
    expires_at   BIGINT,
    created_at   BIGINT NOT NULL,
    created_by   TEXT   NOT NULL
);
CREATE INDEX grants_by_grantee ON grants (grantee, grantee_kind);
CREATE INDEX grants_by_scope ON grants (scope, id);

-- A repository without a visibility of its own has its mount's.
ALTER TABLE repositories ADD COLUMN visibility TEXT;
ALTER TABLE mounts ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';

-- What new repositories of a namespace begin with.
CREATE TABLE namespace_settings (
    name               TEXT NOT NULL PRIMARY KEY,
    default_visibility TEXT NOT NULL
);

-- What signs the registry's tokens; the private half is sealed under the key file.
CREATE TABLE signing_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    sealed      BLOB   NOT NULL,
    public      TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    retires_at  BIGINT NOT NULL
);

-- Tries that failed, of one account from one network, until they are forgotten.
CREATE TABLE failed_sign_ins (
    subject  TEXT   NOT NULL PRIMARY KEY,
    n_failed BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);
