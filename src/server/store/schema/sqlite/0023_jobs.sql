-- Long work that people see. The table of jobs says who does it now; this one what came of it.
CREATE TABLE job_runs (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    scope       TEXT   NOT NULL,
    params      TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    place       TEXT   NOT NULL,
    n_done      BIGINT NOT NULL,
    n_total     BIGINT,
    n_bytes     BIGINT NOT NULL,
    waits_for   TEXT,
    error       TEXT,
    log         TEXT   NOT NULL,
    worked_ms   BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    started_at  BIGINT,
    finished_at BIGINT,
    changed_at  BIGINT NOT NULL
);
CREATE INDEX job_runs_by_person ON job_runs (created_by, id);
CREATE INDEX job_runs_open ON job_runs (kind) WHERE finished_at IS NULL;

-- Content goes in two steps: it is marked when nothing names it, and removed when it still is.
ALTER TABLE blobs ADD COLUMN deleting_at BIGINT;
CREATE INDEX blobs_marked ON blobs (digest) WHERE deleting_at IS NOT NULL;
CREATE INDEX deleted_blobs_by_content ON deleted_blobs (digest);
-- An image stays that a tag left not long ago.
CREATE INDEX tag_moves_from ON tag_moves (repository_id, from_digest, at DESC) WHERE from_digest IS NOT NULL;

-- What a dry run takes for gone, while it is under way.
CREATE TABLE collect_found (
    place         TEXT NOT NULL,
    repository_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    PRIMARY KEY (place, repository_id, name)
);
