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
