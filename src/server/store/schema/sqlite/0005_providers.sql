-- People whom identity providers vouch for. An identity is what a provider calls somebody, issuer and subject, and
-- nothing else: names and e-mail addresses change hands. `provider` is the one by which they last signed in, and
-- `checked_at` when that was.
CREATE TABLE identities (
    issuer     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    provider   TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES principals (id),
    email      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- The groups that the provider named at the last sign-in.
CREATE TABLE claimed_groups (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (issuer, subject, value),
    FOREIGN KEY (issuer, subject) REFERENCES identities (issuer, subject)
);

-- Whom a provider names in a group is in this one of ours.
CREATE TABLE group_claims (
    group_id TEXT NOT NULL REFERENCES user_groups (id),
    provider TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (group_id, provider, value)
);
CREATE INDEX group_claims_by_provider ON group_claims (provider, value);

-- `source` is '' for what was granted here, else the provider whose `admin_groups` say so.
ALTER TABLE grants ADD COLUMN source TEXT NOT NULL DEFAULT '';

-- Browsers that were sent to a provider and have to come back. `state` and `browser` are fingerprints.
CREATE TABLE sign_in_attempts (
    state      TEXT   NOT NULL PRIMARY KEY,
    provider   TEXT   NOT NULL,
    browser    TEXT   NOT NULL,
    nonce      TEXT   NOT NULL,
    verifier   TEXT   NOT NULL,
    next       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_attempts_by_end ON sign_in_attempts (expires_at);

-- Who signed in at a provider and was let in by nobody yet. `claimed` are groups and `spelled` what they may be called,
-- JSON lists.
CREATE TABLE waiting_people (
    issuer   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    provider TEXT   NOT NULL,
    email    TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    claimed  TEXT   NOT NULL,
    spelled  TEXT   NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX waiting_people_by_sight ON waiting_people (last_at);
