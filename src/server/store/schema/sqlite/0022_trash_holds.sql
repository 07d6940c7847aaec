-- Hidden tags at registries elsewhere: each holds the content of an image that is in the trash. One that nothing in the
-- trash needs any more is taken away there, and then here.
CREATE TABLE trash_holds (
    tag           TEXT   NOT NULL PRIMARY KEY,
    batch         TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    repository    TEXT NOT NULL,
    digest        TEXT   NOT NULL,
    -- Whether the image was deleted, and not only a name of it.
    is_whole      BIGINT NOT NULL,
    held_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX trash_holds_by_image ON trash_holds (batch, repository_id, digest);
CREATE INDEX trash_holds_by_mount ON trash_holds (mount_id, held_at);
