-- When somebody was told of an image last: a push that names it may be under way, whatever else lets go of it.
ALTER TABLE manifests ADD COLUMN told_at BIGINT NOT NULL DEFAULT 0;
UPDATE manifests SET told_at = pushed_at;
