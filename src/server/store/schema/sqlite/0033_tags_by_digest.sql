-- Which tags name an image is asked together with whether they are missing at their registry. Where that is not in the index
-- too, a question about several images reads all tags of their repository instead.
DROP INDEX tags_by_digest;
CREATE INDEX tags_by_digest ON tags (repository_id, digest, name, missing_since);
