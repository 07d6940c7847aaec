-- Rules over tags, each in a scope as grants write it. `tags` and `except_tags` are patterns, NULL where there is none;
-- `kind` is immutable, protected or no_delete; `role` is the least that may still act, NULL where nobody may.
CREATE TABLE protections (
    id          TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    scope       TEXT   COLLATE "C" NOT NULL,
    tags        TEXT,
    except_tags TEXT,
    kind        TEXT   NOT NULL,
    role        TEXT,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX protections_by_scope ON protections (scope, id);
