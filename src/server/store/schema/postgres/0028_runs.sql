-- Whose a run is, by what nobody else ever gets: the id of who asked, and of the token that they came with. Their name is
-- for those who read. `turn` counts how often it was taken up: who did so before writes nothing of it any more.
ALTER TABLE job_runs ADD COLUMN principal_id TEXT;
ALTER TABLE job_runs ADD COLUMN token_id TEXT;
ALTER TABLE job_runs ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
UPDATE job_runs SET
    principal_id = COALESCE(params::json #>> '{by,principal}', params::json #>> '{behalf,principal}',
        (SELECT p.id FROM principals p
         WHERE p.kind || ':' || p.username = job_runs.created_by AND p.created_at <= job_runs.created_at)),
    token_id = COALESCE(params::json #>> '{by,token}', params::json #>> '{behalf,token}');
DROP INDEX job_runs_by_person;
CREATE INDEX job_runs_by_principal ON job_runs (principal_id, id);
CREATE INDEX job_runs_over ON job_runs (finished_at) WHERE finished_at IS NOT NULL;

-- Copies of somebody, and the one of a request. No other row of the log costs anything by them.
CREATE INDEX audit_copies ON audit (actor, id) WHERE action = 'tag.copy';
CREATE INDEX audit_copies_by_request ON audit (request_id, actor) WHERE action = 'tag.copy';
