-- What somebody said a repository is, which stands before what its newest image says of itself.
ALTER TABLE repositories ADD COLUMN own_description TEXT NOT NULL DEFAULT '';
