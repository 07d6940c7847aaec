-- A tag is found by how it begins, in whichever repository it is.
CREATE INDEX tags_by_name ON tags (name, repository_id);
