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
ALTER TABLE deleted_tags DROP CONSTRAINT deleted_tags_repository_id_fkey;
ALTER TABLE deleted_manifests DROP CONSTRAINT deleted_manifests_repository_id_fkey;
ALTER TABLE deleted_blobs DROP CONSTRAINT deleted_blobs_repository_id_fkey;
ALTER TABLE tag_moves DROP CONSTRAINT tag_moves_repository_id_fkey;
ALTER TABLE pulls DROP CONSTRAINT pulls_repository_id_fkey;
