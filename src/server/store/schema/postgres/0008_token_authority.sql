-- An authority of our own signs the keys that sign tokens, so that other registries go on trusting those that follow.
-- `certificate` is DER in base64; a key of an earlier version has none, and is followed by one that has.
-- `retires_at` is 0 for the key in force, and else the moment from which what it signed counts no more.
ALTER TABLE signing_keys ADD COLUMN is_authority BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signing_keys ADD COLUMN certificate TEXT NOT NULL DEFAULT '';
