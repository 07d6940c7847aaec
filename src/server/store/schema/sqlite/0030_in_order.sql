-- What is found by its key lies in the order of its key: whoever writes, deletes or collects touches one page for it and
-- not two.

CREATE TABLE new_tags (
    repository_id TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    changed_at    BIGINT NOT NULL,
    move_known    BIGINT NOT NULL,
    moved_by      TEXT   NOT NULL,
    built_at      BIGINT NOT NULL,
    pull_bytes    BIGINT NOT NULL,
    checked_at    BIGINT NOT NULL,
    missing_since BIGINT,
    pulled_at     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (repository_id, name)
) WITHOUT ROWID;
INSERT INTO new_tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at, missing_since, pulled_at)
SELECT repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at, missing_since, pulled_at
FROM tags ORDER BY repository_id, name;
DROP TABLE tags;
ALTER TABLE new_tags RENAME TO tags;
CREATE INDEX tags_by_digest ON tags (repository_id, digest, name);
CREATE INDEX tags_by_change ON tags (repository_id, changed_at DESC, name);
CREATE INDEX tags_by_built ON tags (repository_id, built_at DESC, name);
CREATE INDEX tags_by_size ON tags (repository_id, pull_bytes DESC, name);

CREATE TABLE new_manifest_edges (
    repository_id TEXT   NOT NULL,
    parent        TEXT   NOT NULL,
    position      BIGINT NOT NULL,
    relation      TEXT   NOT NULL,
    child         TEXT   NOT NULL,
    PRIMARY KEY (repository_id, parent, position)
) WITHOUT ROWID;
INSERT INTO new_manifest_edges (repository_id, parent, position, relation, child)
SELECT repository_id, parent, position, relation, child
FROM manifest_edges ORDER BY repository_id, parent, position;
DROP TABLE manifest_edges;
ALTER TABLE new_manifest_edges RENAME TO manifest_edges;
CREATE INDEX manifest_edges_by_child ON manifest_edges (repository_id, child, parent, relation);

CREATE TABLE new_repository_blobs (
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
) WITHOUT ROWID;
INSERT INTO new_repository_blobs (repository_id, digest, mount_id, size_bytes, linked_at)
SELECT repository_id, digest, mount_id, size_bytes, linked_at
FROM repository_blobs ORDER BY repository_id, digest;
DROP TABLE repository_blobs;
ALTER TABLE new_repository_blobs RENAME TO repository_blobs;
CREATE INDEX repository_blobs_by_digest ON repository_blobs (mount_id, digest);

CREATE TABLE new_blobs (
    digest      TEXT   NOT NULL,
    size_bytes  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    deleting_at BIGINT,
    PRIMARY KEY (digest)
) WITHOUT ROWID;
INSERT INTO new_blobs (digest, size_bytes, created_at, deleting_at)
SELECT digest, size_bytes, created_at, deleting_at
FROM blobs ORDER BY digest;
DROP TABLE blobs;
ALTER TABLE new_blobs RENAME TO blobs;
CREATE INDEX blobs_marked ON blobs (digest) WHERE deleting_at IS NOT NULL;

-- What was deleted is known by its entry in the trash.
CREATE TABLE new_trash (
    id            TEXT   NOT NULL,
    batch         TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    repository    TEXT   NOT NULL,
    -- The tag, the digest, or '' for a repository.
    name          TEXT   NOT NULL,
    digest        TEXT,
    n_tags        BIGINT NOT NULL,
    held_bytes    BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
INSERT INTO new_trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at)
SELECT id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at
FROM trash ORDER BY id;
DROP TABLE trash;
ALTER TABLE new_trash RENAME TO trash;
CREATE INDEX trash_by_batch ON trash (batch);
CREATE INDEX trash_by_repository ON trash (repository, id);
CREATE INDEX trash_by_end ON trash (expires_at);

CREATE TABLE new_deleted_tags (
    entry         TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    changed_at    BIGINT NOT NULL,
    move_known    BIGINT NOT NULL,
    moved_by      TEXT   NOT NULL,
    pulled_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL,
    PRIMARY KEY (entry, name)
) WITHOUT ROWID;
INSERT INTO new_deleted_tags (entry, name, batch, repository_id, digest, changed_at, move_known, moved_by, pulled_at, deleted_at, deleted_by)
SELECT entry, name, batch, repository_id, digest, changed_at, move_known, moved_by, pulled_at, deleted_at, deleted_by
FROM deleted_tags ORDER BY entry, name;
DROP TABLE deleted_tags;
ALTER TABLE new_deleted_tags RENAME TO deleted_tags;
CREATE INDEX deleted_tags_by_image ON deleted_tags (repository_id, digest);

CREATE TABLE new_deleted_manifests (
    entry         TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    content       BLOB   NOT NULL,
    config        BLOB,
    subject       TEXT,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL,
    PRIMARY KEY (entry, digest)
);
INSERT INTO new_deleted_manifests (entry, digest, batch, repository_id, media_type, content, config, subject, pushed_at, pushed_by, deleted_at, deleted_by)
SELECT entry, digest, batch, repository_id, media_type, content, config, subject, pushed_at, pushed_by, deleted_at, deleted_by
FROM deleted_manifests ORDER BY entry, digest;
DROP TABLE deleted_manifests;
ALTER TABLE new_deleted_manifests RENAME TO deleted_manifests;
CREATE INDEX deleted_manifests_by_digest ON deleted_manifests (repository_id, digest);
CREATE INDEX deleted_manifests_by_subject ON deleted_manifests (repository_id, subject) WHERE subject IS NOT NULL;

CREATE TABLE new_deleted_blobs (
    entry         TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL,
    PRIMARY KEY (entry, digest)
) WITHOUT ROWID;
INSERT INTO new_deleted_blobs (entry, digest, batch, repository_id, size_bytes, linked_at, deleted_at, deleted_by)
SELECT entry, digest, batch, repository_id, size_bytes, linked_at, deleted_at, deleted_by
FROM deleted_blobs ORDER BY entry, digest;
DROP TABLE deleted_blobs;
ALTER TABLE new_deleted_blobs RENAME TO deleted_blobs;
CREATE INDEX deleted_blobs_by_digest ON deleted_blobs (repository_id, digest);
CREATE INDEX deleted_blobs_by_content ON deleted_blobs (digest);

CREATE TABLE new_deleted_edges (
    repository_id TEXT   NOT NULL,
    parent        TEXT   NOT NULL,
    position      BIGINT NOT NULL,
    relation      TEXT   NOT NULL,
    child         TEXT   NOT NULL,
    PRIMARY KEY (repository_id, parent, position)
) WITHOUT ROWID;
INSERT INTO new_deleted_edges (repository_id, parent, position, relation, child)
SELECT repository_id, parent, position, relation, child
FROM deleted_edges ORDER BY repository_id, parent, position;
DROP TABLE deleted_edges;
ALTER TABLE new_deleted_edges RENAME TO deleted_edges;
CREATE INDEX deleted_edges_by_child ON deleted_edges (repository_id, child);

-- A move of a tag is known by its tag and its moment, and it is found by what it left: what a tag names now is in its own
-- row. So a push of a new tag writes two entries here, each behind the ones before it.
CREATE TABLE new_tag_moves (
    repository_id TEXT   NOT NULL,
    tag           TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    from_digest   TEXT,
    to_digest     TEXT,
    how           TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    reason        TEXT,
    PRIMARY KEY (repository_id, tag, at)
) WITHOUT ROWID;
-- Each move of a tag is later than the one before it, by a millisecond at least.
INSERT INTO new_tag_moves (repository_id, tag, at, from_digest, to_digest, how, actor, reason)
SELECT repository_id, tag, n + MAX(at - n) OVER (PARTITION BY repository_id, tag ORDER BY n), from_digest, to_digest, how, actor, reason
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY repository_id, tag ORDER BY at, id) AS n FROM tag_moves) AS numbered;
DROP TABLE tag_moves;
ALTER TABLE new_tag_moves RENAME TO tag_moves;
CREATE INDEX tag_moves_by_time ON tag_moves (repository_id, at, tag);
CREATE INDEX tag_moves_from ON tag_moves (repository_id, from_digest, at) WHERE from_digest IS NOT NULL;

-- One name has one repository, so that what is read by name is in order without being sorted.
DROP INDEX repositories_by_name_in_mount;
CREATE UNIQUE INDEX repositories_by_name_in_mount ON repositories (mount_id, name);
