-- Identity providers that were added in the console; the configuration's stand before one of the same name. `secret` is
-- sealed, and NULL where it has to be given again. Lists are JSON. `revision` is another number after each change.
CREATE TABLE providers (
    id             TEXT   NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL UNIQUE,
    kind           TEXT   NOT NULL,
    title          TEXT   NOT NULL,
    url            TEXT   NOT NULL,
    api_url        TEXT   NOT NULL,
    client_id      TEXT   NOT NULL,
    secret         BLOB,
    scopes         TEXT   NOT NULL,
    groups_claim   TEXT   NOT NULL,
    username_claim TEXT   NOT NULL,
    open_sign_up   BIGINT NOT NULL,
    allowed_groups TEXT   NOT NULL,
    admin_groups   TEXT   NOT NULL,
    is_enabled     BIGINT NOT NULL,
    revision       BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    created_by     TEXT   NOT NULL,
    changed_at     BIGINT NOT NULL
);

-- The session of who tries a provider: such an attempt signs nobody in. `network` is from where it was begun.
ALTER TABLE sign_in_attempts ADD COLUMN tried_by TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in_attempts ADD COLUMN network TEXT NOT NULL DEFAULT '';
CREATE INDEX sign_in_attempts_by_network ON sign_in_attempts (network, expires_at);

-- Whether the provider said that the address of who waits is theirs.
ALTER TABLE waiting_people ADD COLUMN email_verified BIGINT NOT NULL DEFAULT 0;
