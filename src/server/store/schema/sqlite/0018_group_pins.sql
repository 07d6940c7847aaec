-- Which group of an issuer a name stands for, where names change hands there: `id` is the issuer's own for the one that had
-- it when it first counted. `stranger` is another one that was seen under the name since, or ''.
CREATE TABLE group_pins (
    issuer      TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    pinned_at   BIGINT NOT NULL,
    stranger    TEXT   NOT NULL DEFAULT '',
    stranger_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (issuer, value)
);
