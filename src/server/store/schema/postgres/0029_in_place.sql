-- What a repository holds stays where it is when the repository is deleted: its own row alone moves away, and comes back.
-- So these tables name repositories that are there, in the trash, or gone for good and not cleared away yet.
ALTER TABLE tags DROP CONSTRAINT tags_repository_id_fkey;
ALTER TABLE manifests DROP CONSTRAINT manifests_repository_id_fkey;
ALTER TABLE repository_blobs DROP CONSTRAINT repository_blobs_repository_id_fkey;
ALTER TABLE referrers DROP CONSTRAINT referrers_repository_id_fkey;

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
    tag           TEXT   COLLATE "C" NOT NULL,
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
