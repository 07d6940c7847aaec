-- What lies in the trash is found by digest in tables of their own. What they say of entries that are gone holds nothing, and
-- is cleared away in the order of their keys.

-- What images in the trash are made of: nobody asks by the image, whose bytes say it.
CREATE TABLE new_deleted_edges (
    repository_id TEXT NOT NULL,
    child         TEXT NOT NULL,
    parent        TEXT NOT NULL,
    PRIMARY KEY (repository_id, child, parent)
);
INSERT INTO new_deleted_edges (repository_id, child, parent)
SELECT DISTINCT repository_id, child, parent FROM deleted_edges;
DROP TABLE deleted_edges;
ALTER TABLE new_deleted_edges RENAME TO deleted_edges;
ALTER INDEX new_deleted_edges_pkey RENAME TO deleted_edges_pkey;

-- The entries that hold an image, or a tag that named it.
CREATE TABLE deleted_names (
    repository_id TEXT NOT NULL,
    digest        TEXT NOT NULL,
    entry         TEXT NOT NULL,
    PRIMARY KEY (repository_id, digest, entry)
);
INSERT INTO deleted_names (repository_id, digest, entry)
SELECT repository_id, digest, entry FROM deleted_manifests UNION SELECT repository_id, digest, entry FROM deleted_tags;
DROP INDEX deleted_manifests_by_digest;
DROP INDEX deleted_tags_by_image;

-- Images and tags in the trash, by the image.
CREATE VIEW images_in_trash AS
SELECT n.repository_id, n.digest, n.entry, d.batch, d.media_type, d.content, d.config, d.pushed_at, d.pushed_by
FROM deleted_names n CROSS JOIN deleted_manifests d WHERE d.entry = n.entry AND d.digest = n.digest;
CREATE VIEW tags_in_trash AS
SELECT n.repository_id, n.digest, n.entry, d.batch, d.name
FROM deleted_names n CROSS JOIN deleted_tags d WHERE d.entry = n.entry AND d.digest = n.digest;
