-- By what a provider can be asked again about somebody, sealed; NULL where it gave nothing, or took it back. `asked_at` is
-- when it last was, and `refused_at` when it said that it vouches for them no more.
ALTER TABLE identities ADD COLUMN refresh_token BLOB;
ALTER TABLE identities ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identities ADD COLUMN refused_at BIGINT;
CREATE INDEX identities_to_ask ON identities (provider, asked_at) WHERE refresh_token IS NOT NULL;

-- By what a session was opened: 'password', 'link', or 'provider:' and its name; '' for one from before.
ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT '';

-- A sign-in by a provider that was begun is kept by the browser and the provider between them, sealed; here stands which
-- were ended. `state` is a fingerprint.
DROP TABLE sign_in_attempts;
CREATE TABLE ended_attempts (
    state      TEXT   NOT NULL PRIMARY KEY,
    network    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ended_attempts_by_end ON ended_attempts (expires_at);
CREATE INDEX ended_attempts_by_network ON ended_attempts (network, expires_at);
