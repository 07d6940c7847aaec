-- What was deleted is known by its entry in the trash.
ALTER TABLE deleted_tags DROP COLUMN id;
ALTER TABLE deleted_tags ALTER COLUMN entry DROP DEFAULT;
ALTER TABLE deleted_tags ADD PRIMARY KEY (entry, name);
DROP INDEX deleted_tags_by_entry;
ALTER TABLE deleted_manifests DROP COLUMN id;
ALTER TABLE deleted_manifests ALTER COLUMN entry DROP DEFAULT;
ALTER TABLE deleted_manifests ADD PRIMARY KEY (entry, digest);
DROP INDEX deleted_manifests_by_entry;
ALTER TABLE deleted_blobs DROP COLUMN id;
ALTER TABLE deleted_blobs ALTER COLUMN entry DROP DEFAULT;
ALTER TABLE deleted_blobs ADD PRIMARY KEY (entry, digest);
DROP INDEX deleted_blobs_by_entry;
DROP INDEX deleted_manifests_by_subject;
CREATE INDEX deleted_manifests_by_subject ON deleted_manifests (repository_id, subject) WHERE subject IS NOT NULL;

-- A move of a tag is known by its tag and its moment, and it is found by what it left: what a tag names now is in its own
-- row. Each move of a tag is later than the one before it, by a millisecond at least.
UPDATE tag_moves SET at = ordered.at FROM (
    SELECT id, n + MAX(at - n) OVER (PARTITION BY repository_id, tag ORDER BY n) AS at
    FROM (SELECT id, repository_id, tag, at, ROW_NUMBER() OVER (PARTITION BY repository_id, tag ORDER BY at, id) AS n
          FROM tag_moves) AS numbered) AS ordered
WHERE ordered.id = tag_moves.id AND ordered.at <> tag_moves.at;
DROP INDEX tag_moves_to;
DROP INDEX tag_moves_by_tag;
DROP INDEX tag_moves_by_time;
ALTER TABLE tag_moves DROP COLUMN id, ALTER COLUMN tag TYPE TEXT COLLATE "C";
ALTER TABLE tag_moves ADD PRIMARY KEY (repository_id, tag, at);
CREATE INDEX tag_moves_by_time ON tag_moves (repository_id, at, tag);

-- One name has one repository, so that what is read by name is in order without being sorted.
DROP INDEX repositories_by_name_in_mount;
CREATE UNIQUE INDEX repositories_by_name_in_mount ON repositories (mount_id, name);
