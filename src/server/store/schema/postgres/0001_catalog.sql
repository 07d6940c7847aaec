-- The catalog: mounts, repositories, tags, the manifest graph, blobs with their links,
-- upload sessions, jobs and the audit log. Same text as ../sqlite/0001_catalog.sql but for
-- the type of bytes and the bytewise order of names. Times are epoch milliseconds; 0 stands for "not stated" in sort columns.

CREATE TABLE mounts (
    id             TEXT   NOT NULL PRIMARY KEY,
    prefix         TEXT   NOT NULL UNIQUE,
    kind           TEXT   NOT NULL,
    url            TEXT   NOT NULL,
    refresh_s      BIGINT,
    position       BIGINT NOT NULL,
    active         BIGINT NOT NULL,
    capabilities   TEXT   NOT NULL,
    n_repositories BIGINT NOT NULL DEFAULT 0,
    n_tags         BIGINT NOT NULL DEFAULT 0,
    n_images       BIGINT NOT NULL DEFAULT 0,
    stored_bytes   BIGINT NOT NULL DEFAULT 0,
    logical_bytes  BIGINT NOT NULL DEFAULT 0,
    n_sharing      BIGINT NOT NULL DEFAULT 0,
    n_missing      BIGINT NOT NULL DEFAULT 0,
    n_read         BIGINT NOT NULL DEFAULT 0,
    n_to_read      BIGINT NOT NULL DEFAULT 0,
    crawl_started_at  BIGINT,
    crawl_finished_at BIGINT,
    failed_at      BIGINT,
    failure        TEXT,
    left_out       TEXT
);

CREATE TABLE repositories (
    id            TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   COLLATE "C" NOT NULL UNIQUE,
    mount_id      TEXT   NOT NULL REFERENCES mounts (id),
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    updated_by    TEXT,
    newest_tag    TEXT,
    n_tags        BIGINT NOT NULL DEFAULT 0,
    n_images      BIGINT NOT NULL DEFAULT 0,
    stored_bytes  BIGINT NOT NULL DEFAULT 0,
    logical_bytes BIGINT NOT NULL DEFAULT 0,
    read_at       BIGINT NOT NULL DEFAULT 0,
    read_error    TEXT,
    listed_at     BIGINT NOT NULL DEFAULT 0,
    missing_since BIGINT
);
CREATE INDEX repositories_by_mount ON repositories (mount_id, read_at, name);
CREATE INDEX repositories_by_name_in_mount ON repositories (mount_id, name);
CREATE INDEX repositories_by_update ON repositories (updated_at DESC, name);
CREATE INDEX repositories_by_tags ON repositories (n_tags DESC, name);
CREATE INDEX repositories_by_stored ON repositories (stored_bytes DESC, name);

CREATE TABLE manifests (
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    artifact_type TEXT,
    content       BYTEA  NOT NULL,
    config        BYTEA,
    size_bytes    BIGINT NOT NULL,
    pull_bytes    BIGINT NOT NULL,
    platforms     TEXT   NOT NULL,
    built_at      BIGINT NOT NULL,
    subject       TEXT,
    n_tags        BIGINT NOT NULL DEFAULT 0,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    PRIMARY KEY (repository_id, digest)
);
CREATE INDEX manifests_by_subject ON manifests (repository_id, subject, digest);

-- One row for each descriptor of a manifest: index -> children, image -> config and layers.
CREATE TABLE manifest_edges (
    repository_id TEXT   NOT NULL,
    parent        TEXT   NOT NULL,
    position      BIGINT NOT NULL,
    relation      TEXT   NOT NULL,
    child         TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    platform      TEXT,
    about         TEXT,
    PRIMARY KEY (repository_id, parent, position)
);
CREATE INDEX manifest_edges_by_child ON manifest_edges (repository_id, child, parent);

-- Content that the blob store holds. Readable only through a repository's link.
CREATE TABLE blobs (
    digest     TEXT   NOT NULL PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE repository_blobs (
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    digest        TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);
CREATE INDEX repository_blobs_by_digest ON repository_blobs (mount_id, digest);

CREATE TABLE tags (
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    name          TEXT   COLLATE "C" NOT NULL,
    digest        TEXT   NOT NULL,
    changed_at    BIGINT NOT NULL,
    move_known    BIGINT NOT NULL,
    moved_by      TEXT   NOT NULL,
    built_at      BIGINT NOT NULL,
    pull_bytes    BIGINT NOT NULL,
    checked_at    BIGINT NOT NULL,
    missing_since BIGINT,
    PRIMARY KEY (repository_id, name)
);
CREATE INDEX tags_by_digest ON tags (repository_id, digest, name);
CREATE INDEX tags_by_change ON tags (repository_id, changed_at DESC, name);
CREATE INDEX tags_by_built ON tags (repository_id, built_at DESC, name);
CREATE INDEX tags_by_size ON tags (repository_id, pull_bytes DESC, name);

CREATE TABLE tag_moves (
    id            TEXT   NOT NULL PRIMARY KEY,
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    tag           TEXT   NOT NULL,
    from_digest   TEXT,
    to_digest     TEXT   NOT NULL,
    how           TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX tag_moves_by_tag ON tag_moves (repository_id, tag, at DESC);
CREATE INDEX tag_moves_to ON tag_moves (repository_id, to_digest, at DESC);

CREATE TABLE uploads (
    id         TEXT   NOT NULL PRIMARY KEY,
    repository TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    received   BIGINT NOT NULL,
    hash_state BYTEA  NOT NULL,
    touched_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_touch ON uploads (touched_at);

CREATE TABLE jobs (
    id           TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    object       TEXT   NOT NULL,
    run_at       BIGINT NOT NULL,
    leased_by    TEXT,
    leased_until BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    last_error   TEXT,
    UNIQUE (kind, object)
);
CREATE INDEX jobs_by_time ON jobs (run_at);

CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    before     TEXT,
    after      TEXT,
    request_id TEXT   NOT NULL
);
CREATE INDEX audit_by_time ON audit (at DESC);
