-- A repository can be deleted. Its row moves here as those of its tags, images and blobs move to their tables; what is
-- kept of it names it by its id, which no other repository gets.
CREATE TABLE deleted_repositories (
    id              TEXT   NOT NULL PRIMARY KEY,
    batch           TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    mount_id        TEXT   NOT NULL REFERENCES mounts (id),
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    updated_by      TEXT,
    pushed_at       BIGINT NOT NULL,
    own_description TEXT   NOT NULL,
    visibility      TEXT,
    deleted_at      BIGINT NOT NULL,
    deleted_by      TEXT   NOT NULL
);
CREATE INDEX deleted_repositories_by_name ON deleted_repositories (name, deleted_at DESC);

-- Rows outlive the repository that they are about.
CREATE TABLE new_deleted_tags (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    changed_at    BIGINT NOT NULL,
    move_known    BIGINT NOT NULL,
    moved_by      TEXT   NOT NULL,
    pulled_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
INSERT INTO new_deleted_tags (id, batch, repository_id, name, digest, changed_at, move_known, moved_by, pulled_at, deleted_at, deleted_by) SELECT id, batch, repository_id, name, digest, changed_at, move_known, moved_by, pulled_at, deleted_at, deleted_by FROM deleted_tags;
DROP TABLE deleted_tags;
ALTER TABLE new_deleted_tags RENAME TO deleted_tags;
CREATE INDEX deleted_tags_by_image ON deleted_tags (repository_id, digest);
CREATE TABLE new_deleted_manifests (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    content       BLOB   NOT NULL,
    config        BLOB,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
INSERT INTO new_deleted_manifests (id, batch, repository_id, digest, media_type, content, config, pushed_at, pushed_by, deleted_at, deleted_by) SELECT id, batch, repository_id, digest, media_type, content, config, pushed_at, pushed_by, deleted_at, deleted_by FROM deleted_manifests;
DROP TABLE deleted_manifests;
ALTER TABLE new_deleted_manifests RENAME TO deleted_manifests;
CREATE INDEX deleted_manifests_by_digest ON deleted_manifests (repository_id, digest);
CREATE TABLE new_deleted_blobs (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
INSERT INTO new_deleted_blobs (id, batch, repository_id, digest, size_bytes, linked_at, deleted_at, deleted_by) SELECT id, batch, repository_id, digest, size_bytes, linked_at, deleted_at, deleted_by FROM deleted_blobs;
DROP TABLE deleted_blobs;
ALTER TABLE new_deleted_blobs RENAME TO deleted_blobs;
CREATE INDEX deleted_blobs_by_digest ON deleted_blobs (repository_id, digest);
CREATE TABLE new_tag_moves (
    id            TEXT   NOT NULL PRIMARY KEY,
    repository_id TEXT   NOT NULL,
    tag           TEXT   NOT NULL,
    from_digest   TEXT,
    to_digest     TEXT,
    how           TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    at            BIGINT NOT NULL
);
INSERT INTO new_tag_moves (id, repository_id, tag, from_digest, to_digest, how, actor, at) SELECT id, repository_id, tag, from_digest, to_digest, how, actor, at FROM tag_moves;
DROP TABLE tag_moves;
ALTER TABLE new_tag_moves RENAME TO tag_moves;
CREATE INDEX tag_moves_by_tag ON tag_moves (repository_id, tag, at DESC);
CREATE INDEX tag_moves_to ON tag_moves (repository_id, to_digest, at DESC);
CREATE TABLE new_pulls (
    repository_id TEXT   NOT NULL,
    tag           TEXT   NOT NULL,
    day           BIGINT NOT NULL,
    n_pulls       BIGINT NOT NULL,
    PRIMARY KEY (repository_id, tag, day)
);
INSERT INTO new_pulls (repository_id, tag, day, n_pulls) SELECT repository_id, tag, day, n_pulls FROM pulls;
DROP TABLE pulls;
ALTER TABLE new_pulls RENAME TO pulls;
