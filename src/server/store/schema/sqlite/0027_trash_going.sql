-- Tags on their way into the trash at registries elsewhere: each is noted before the first step there, and no more when
-- it is in the trash, or still names what it did.
CREATE TABLE trash_going (
    batch         TEXT   NOT NULL,
    mount_id      TEXT   NOT NULL,
    repository_id TEXT   NOT NULL,
    repository    TEXT   NOT NULL,
    tag           TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    by_whom       TEXT   NOT NULL,
    since         BIGINT NOT NULL,
    -- When it could not be found out what became of it: the others come first.
    failed_at     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, repository_id, tag)
);
CREATE INDEX trash_going_by_mount ON trash_going (mount_id, since);

-- When a hidden tag could not be taken away: the others come first.
ALTER TABLE trash_holds ADD COLUMN failed_at BIGINT NOT NULL DEFAULT 0;
