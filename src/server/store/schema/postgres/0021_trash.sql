-- What somebody deleted stands in the trash until it is restored, purged or expired: one row for each thing. What was
-- deleted together shares a batch; the rows that moved away name the entry that they belong to.
CREATE TABLE trash (
    id            TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    repository    TEXT   COLLATE "C" NOT NULL,
    -- The tag, the digest, or '' for a repository.
    name          TEXT   NOT NULL,
    digest        TEXT,
    n_tags        BIGINT NOT NULL,
    held_bytes    BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    deleted_by    TEXT   NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX trash_by_batch ON trash (batch);
CREATE INDEX trash_by_repository ON trash (repository, id);
CREATE INDEX trash_by_end ON trash (expires_at);

ALTER TABLE deleted_tags ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE deleted_manifests ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE deleted_manifests ADD COLUMN subject TEXT;
ALTER TABLE deleted_blobs ADD COLUMN entry TEXT NOT NULL DEFAULT '';
ALTER TABLE deleted_repositories ADD COLUMN entry TEXT NOT NULL DEFAULT '';

-- What was deleted before: each request deleted one thing. It is kept for 30 days.
INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at)
SELECT id, batch, 'repository', mount_id, id, name, '', NULL,
  (SELECT COUNT(*) FROM deleted_tags t WHERE t.batch = deleted_repositories.batch), 0, deleted_at, deleted_by, deleted_at
FROM deleted_repositories;
INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at)
SELECT d.id, d.batch, 'image', COALESCE(r.mount_id, w.mount_id), d.repository_id, COALESCE(r.name, w.name), d.digest, d.digest,
  (SELECT COUNT(*) FROM deleted_tags t WHERE t.batch = d.batch), 0, d.deleted_at, d.deleted_by, d.deleted_at
FROM deleted_manifests d LEFT JOIN repositories r ON r.id = d.repository_id LEFT JOIN deleted_repositories w ON w.id = d.repository_id
WHERE d.batch NOT IN (SELECT batch FROM deleted_repositories) AND COALESCE(r.name, w.name) IS NOT NULL;
INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at)
SELECT d.id, d.batch, 'blob', COALESCE(r.mount_id, w.mount_id), d.repository_id, COALESCE(r.name, w.name), d.digest, d.digest, 0, d.size_bytes,
  d.deleted_at, d.deleted_by, d.deleted_at
FROM deleted_blobs d LEFT JOIN repositories r ON r.id = d.repository_id LEFT JOIN deleted_repositories w ON w.id = d.repository_id
WHERE d.batch NOT IN (SELECT batch FROM deleted_repositories) AND COALESCE(r.name, w.name) IS NOT NULL;
INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at, deleted_by, expires_at)
SELECT d.id, d.batch, 'tag', COALESCE(r.mount_id, w.mount_id), d.repository_id, COALESCE(r.name, w.name), d.name, d.digest, 1, 0,
  d.deleted_at, d.deleted_by, d.deleted_at
FROM deleted_tags d LEFT JOIN repositories r ON r.id = d.repository_id LEFT JOIN deleted_repositories w ON w.id = d.repository_id
WHERE d.batch NOT IN (SELECT batch FROM trash) AND COALESCE(r.name, w.name) IS NOT NULL;
UPDATE trash SET expires_at = deleted_at + 2592000000;
UPDATE deleted_repositories SET entry = id;
UPDATE deleted_tags SET entry = COALESCE((SELECT MIN(t.id) FROM trash t WHERE t.batch = deleted_tags.batch), '');
UPDATE deleted_manifests SET entry = COALESCE((SELECT MIN(t.id) FROM trash t WHERE t.batch = deleted_manifests.batch), '');
UPDATE deleted_blobs SET entry = COALESCE((SELECT MIN(t.id) FROM trash t WHERE t.batch = deleted_blobs.batch), '');
CREATE INDEX deleted_tags_by_entry ON deleted_tags (entry, name);
CREATE INDEX deleted_manifests_by_entry ON deleted_manifests (entry, digest);
CREATE INDEX deleted_blobs_by_entry ON deleted_blobs (entry, digest);

-- What the manifests in the trash are made of, so that nothing of it is collected: derived from their bytes.
CREATE TABLE deleted_edges (
    repository_id TEXT   NOT NULL,
    parent        TEXT   NOT NULL,
    position      BIGINT NOT NULL,
    relation      TEXT   NOT NULL,
    child         TEXT   NOT NULL,
    PRIMARY KEY (repository_id, parent, position)
);
CREATE INDEX deleted_edges_by_child ON deleted_edges (repository_id, child);
CREATE INDEX deleted_manifests_by_subject ON deleted_manifests (repository_id, subject);

-- For how long a namespace keeps what was deleted in it; the nearest one above counts.
CREATE TABLE namespace_trash (
    name TEXT   NOT NULL PRIMARY KEY,
    days BIGINT NOT NULL
);

-- What was done by a plan is done once.
CREATE TABLE redeemed_plans (
    id      TEXT   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    entries TEXT   NOT NULL
);
CREATE INDEX redeemed_plans_by_time ON redeemed_plans (at);

-- Since when an image has been left by its last name: by its last tag, by the last index that lists it, by what it is
-- about. Nothing for one that has any, or never had. History about an image ends no later than that.
ALTER TABLE manifests ADD COLUMN unnamed_since BIGINT;
UPDATE manifests SET unnamed_since = (SELECT MAX(m.at) FROM tag_moves m WHERE m.repository_id = manifests.repository_id
  AND (m.to_digest = manifests.digest OR m.from_digest = manifests.digest)) WHERE n_tags = 0;
CREATE INDEX manifests_unnamed ON manifests (repository_id, digest) WHERE unnamed_since IS NOT NULL;

-- Moves say why, where somebody did, and are read by time.
ALTER TABLE tag_moves ADD COLUMN reason TEXT;
CREATE INDEX tag_moves_by_time ON tag_moves (repository_id, at DESC, id);
