-- What a run is to do, a part for each of its steps: in lines what is left of the part, and what came of the others. What
-- was done of a part is noted in the transaction that did it.
CREATE TABLE job_parts (
    run_id   TEXT   NOT NULL,
    position BIGINT NOT NULL,
    what     TEXT   NOT NULL,
    n_left   BIGINT NOT NULL,
    n_done   BIGINT NOT NULL,
    -- What is something else by now, and what is gone: both were left alone.
    n_moved  BIGINT NOT NULL,
    n_gone   BIGINT NOT NULL,
    PRIMARY KEY (run_id, position)
);
CREATE INDEX job_parts_left ON job_parts (run_id, position) WHERE n_left > 0;
