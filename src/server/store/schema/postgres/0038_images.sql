-- The list of images has the newest first.
CREATE INDEX manifests_by_push ON manifests (repository_id, pushed_at DESC, digest);
