-- What a repository holds stays where it is when the repository is deleted: its own row alone moves away, and comes back.
-- So these tables name repositories that are there, in the trash, or gone for good and not cleared away yet.
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
);
INSERT INTO new_tags (repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at,
  missing_since, pulled_at)
SELECT repository_id, name, digest, changed_at, move_known, moved_by, built_at, pull_bytes, checked_at, missing_since, pulled_at
FROM tags;
DROP TABLE tags;
ALTER TABLE new_tags RENAME TO tags;
CREATE INDEX tags_by_digest ON tags (repository_id, digest, name);
CREATE INDEX tags_by_change ON tags (repository_id, changed_at DESC, name);
CREATE INDEX tags_by_built ON tags (repository_id, built_at DESC, name);
CREATE INDEX tags_by_size ON tags (repository_id, pull_bytes DESC, name);

CREATE TABLE new_manifests (
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    artifact_type TEXT,
    content       BLOB   NOT NULL,
    config        BLOB,
    size_bytes    BIGINT NOT NULL,
    pull_bytes    BIGINT NOT NULL,
    platforms     TEXT   NOT NULL,
    built_at      BIGINT NOT NULL,
    n_tags        BIGINT NOT NULL DEFAULT 0,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT   NOT NULL,
    description   TEXT,
    unnamed_since BIGINT,
    told_at       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (repository_id, digest)
);
INSERT INTO new_manifests (repository_id, digest, media_type, kind, artifact_type, content, config, size_bytes, pull_bytes,
  platforms, built_at, n_tags, pushed_at, pushed_by, description, unnamed_since, told_at)
SELECT repository_id, digest, media_type, kind, artifact_type, content, config, size_bytes, pull_bytes, platforms, built_at,
  n_tags, pushed_at, pushed_by, description, unnamed_since, told_at
FROM manifests;
DROP TABLE manifests;
ALTER TABLE new_manifests RENAME TO manifests;
CREATE INDEX manifests_unnamed ON manifests (repository_id, digest) WHERE unnamed_since IS NOT NULL;

CREATE TABLE new_repository_blobs (
    repository_id TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    linked_at     BIGINT NOT NULL,
    PRIMARY KEY (repository_id, digest)
);
INSERT INTO new_repository_blobs (repository_id, digest, mount_id, size_bytes, linked_at)
SELECT repository_id, digest, mount_id, size_bytes, linked_at FROM repository_blobs;
DROP TABLE repository_blobs;
ALTER TABLE new_repository_blobs RENAME TO repository_blobs;
CREATE INDEX repository_blobs_by_digest ON repository_blobs (mount_id, digest);

CREATE TABLE new_referrers (
    repository_id TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    media_type    TEXT   NOT NULL,
    artifact_type TEXT   NOT NULL,
    size_bytes    BIGINT NOT NULL,
    annotations   TEXT   NOT NULL,
    PRIMARY KEY (repository_id, subject, digest)
);
INSERT INTO new_referrers (repository_id, subject, digest, media_type, artifact_type, size_bytes, annotations)
SELECT repository_id, subject, digest, media_type, artifact_type, size_bytes, annotations FROM referrers;
DROP TABLE referrers;
ALTER TABLE new_referrers RENAME TO referrers;
CREATE INDEX referrers_by_type ON referrers (repository_id, subject, artifact_type, digest);
CREATE INDEX referrers_by_digest ON referrers (repository_id, digest, subject);

-- What a deleted repository counted and summed up comes back with it.
ALTER TABLE deleted_repositories ADD COLUMN n_tags BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deleted_repositories ADD COLUMN n_images BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deleted_repositories ADD COLUMN stored_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deleted_repositories ADD COLUMN logical_bytes BIGINT NOT NULL DEFAULT 0;

-- Repositories that are gone for good, of which rows are left to be cleared away.
CREATE TABLE gone_repositories (
    id TEXT NOT NULL PRIMARY KEY
);

-- The tags of a namespace that go back to a time, while that is done: empty at the end of each transaction.
CREATE TABLE tags_going_back (
    batch         TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    tag           TEXT   NOT NULL,
    then_digest   TEXT,
    now_digest    TEXT,
    PRIMARY KEY (batch, repository_id, tag)
);

-- Images that a job brought and names in the end: when it is over, those that have no name are collected.
CREATE TABLE job_images (
    run_id        TEXT NOT NULL,
    repository_id TEXT NOT NULL,
    digest        TEXT NOT NULL,
    PRIMARY KEY (run_id, repository_id, digest)
);
