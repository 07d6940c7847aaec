-- What is in layers, as it was read: a list for each layer, or why there is none. All of it can be read again.

CREATE TABLE layer_lists (
    -- Whose word it is that the layer has these bytes: the mount that keeps them, or a repository of a registry elsewhere.
    place        TEXT   NOT NULL,
    digest       TEXT   NOT NULL,
    leased_by    TEXT,
    leased_until BIGINT,
    failure      TEXT,
    -- When it is read again; never where that changes nothing.
    retry_at     BIGINT,
    read_at      BIGINT NOT NULL,
    n_bytes      BIGINT NOT NULL,
    format       BIGINT NOT NULL,
    content      BLOB,
    PRIMARY KEY (place, digest)
);
CREATE INDEX layer_lists_by_age ON layer_lists (read_at, n_bytes);
