-- By what a registry elsewhere is known that tells of pushes: the fingerprint of its secret, when that was made, and when
-- something was heard by it last.
ALTER TABLE mounts ADD COLUMN hook_fingerprint TEXT;
ALTER TABLE mounts ADD COLUMN hook_at BIGINT;
ALTER TABLE mounts ADD COLUMN heard_at BIGINT;
CREATE UNIQUE INDEX mounts_by_hook ON mounts (hook_fingerprint);
