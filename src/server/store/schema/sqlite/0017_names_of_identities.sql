-- What the provider called somebody when they last came; '' for who has not come since.
ALTER TABLE identities ADD COLUMN name TEXT NOT NULL DEFAULT '';
