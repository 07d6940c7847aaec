-- What a hash of another registry (bcrypt) costs to check, so that all others can be made to cost as much; 0 for ours.
ALTER TABLE passwords ADD COLUMN imported_cost BIGINT NOT NULL DEFAULT 0;
UPDATE passwords SET imported_cost = CAST(SUBSTR(hash, 5, 2) AS BIGINT) WHERE SUBSTR(hash, 1, 2) = '$2';
CREATE INDEX passwords_by_imported_cost ON passwords (imported_cost);
