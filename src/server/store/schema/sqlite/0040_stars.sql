-- Which repositories people marked for themselves.
CREATE TABLE stars (
    principal_id  TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    starred_at    BIGINT NOT NULL,
    PRIMARY KEY (principal_id, repository_id)
);
CREATE INDEX stars_by_repository ON stars (repository_id, principal_id);
