-- What a registry keeps besides its catalog: referrers as clients ask for them, namespaces, pulls,
-- and what was deleted until it is collected. Deletes take rows out of the tables that are read and keep here
-- all that brings them back.

-- One row: who this database is, which its blob store bears as well, and which version's derived rows it holds.
CREATE TABLE instance (
    id      TEXT   NOT NULL PRIMARY KEY,
    derived BIGINT NOT NULL
);

-- The manifests about another one, as the referrers API lists them. `artifact_type` is '' where none is stated.
CREATE TABLE referrers (
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    subject       TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    artifact_type TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    annotations   TEXT   NOT NULL,
    PRIMARY KEY (repository_id, subject, digest)
);
CREATE INDEX referrers_by_type ON referrers (repository_id, subject, artifact_type, digest);

-- The tree above the repositories of a mount: `team` and `team/backend` for `team/backend/api`.
-- The parent of what stands at the top is ''.
CREATE TABLE namespaces (
    mount_id       TEXT   NOT NULL REFERENCES mounts (id),
    name           TEXT   NOT NULL,
    parent         TEXT   NOT NULL,
    n_repositories BIGINT NOT NULL,
    PRIMARY KEY (mount_id, name)
);
CREATE INDEX namespaces_by_parent ON namespaces (parent, name);

-- Pulls of a UTC day (days since 1970): of a tag, and under tag '' of the whole repository.
CREATE TABLE pulls (
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    tag           TEXT   NOT NULL,
    day           BIGINT NOT NULL,
    n_pulls       BIGINT NOT NULL,
    PRIMARY KEY (repository_id, tag, day)
);
ALTER TABLE tags ADD COLUMN pulled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repositories ADD COLUMN pushed_at BIGINT NOT NULL DEFAULT 0;

-- What an image says of itself, and its repository by the tag that moved last.
ALTER TABLE manifests ADD COLUMN description TEXT;
ALTER TABLE repositories ADD COLUMN description TEXT;

-- What one request deleted shares a batch.
CREATE TABLE deleted_tags (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    name          TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    changed_at    BIGINT NOT NULL,
    move_known    BIGINT NOT NULL,
    moved_by      TEXT   NOT NULL,
    pulled_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
CREATE INDEX deleted_tags_by_image ON deleted_tags (repository_id, digest);

CREATE TABLE deleted_manifests (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    content       BLOB   NOT NULL,
    config        BLOB,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
CREATE INDEX deleted_manifests_by_digest ON deleted_manifests (repository_id, digest);

CREATE TABLE deleted_blobs (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    digest        TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL
);
CREATE INDEX deleted_blobs_by_digest ON deleted_blobs (repository_id, digest);

-- A tag that was deleted moved to nothing.
CREATE TABLE new_tag_moves (
    id            TEXT   NOT NULL PRIMARY KEY,
    repository_id TEXT   NOT NULL REFERENCES repositories (id),
    tag           TEXT   NOT NULL,
    from_digest   TEXT,
    to_digest     TEXT,
    how           TEXT   NOT NULL,
    actor         TEXT   NOT NULL,
    at            BIGINT NOT NULL
);
INSERT INTO new_tag_moves SELECT id, repository_id, tag, from_digest, to_digest, how, actor, at FROM tag_moves;
DROP TABLE tag_moves;
ALTER TABLE new_tag_moves RENAME TO tag_moves;
CREATE INDEX tag_moves_by_tag ON tag_moves (repository_id, tag, at DESC);
CREATE INDEX tag_moves_to ON tag_moves (repository_id, to_digest, at DESC);
