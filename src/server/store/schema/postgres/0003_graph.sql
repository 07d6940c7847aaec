-- The graph keeps what is asked of it and no more: whom a manifest is about is in `referrers`, and what a
-- descriptor says besides is in the manifest's own bytes.

CREATE INDEX referrers_by_digest ON referrers (repository_id, digest);
DROP INDEX manifests_by_subject;
ALTER TABLE manifests DROP COLUMN subject;
ALTER TABLE manifest_edges DROP COLUMN media_type;
ALTER TABLE manifest_edges DROP COLUMN size_bytes;
ALTER TABLE manifest_edges DROP COLUMN platform;
ALTER TABLE manifest_edges DROP COLUMN about;
