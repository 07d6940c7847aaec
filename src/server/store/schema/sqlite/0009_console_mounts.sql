-- Mounts that are managed in the console, beside those of the configuration (`source` is 'file'). `settings` is JSON;
-- `sealed` is the password of the registry, sealed under the key file.
ALTER TABLE mounts ADD COLUMN source TEXT NOT NULL DEFAULT 'file';
ALTER TABLE mounts ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE mounts ADD COLUMN sealed BLOB;
