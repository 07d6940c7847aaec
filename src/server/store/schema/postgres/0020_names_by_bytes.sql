-- Lists go on behind a name, and namespaces are ranges of names: both want the order of bytes, whatever the language of
-- the database is.
ALTER TABLE principals
    ALTER COLUMN username TYPE TEXT COLLATE "C",
    ALTER COLUMN namespace TYPE TEXT COLLATE "C";
ALTER TABLE user_groups ALTER COLUMN name TYPE TEXT COLLATE "C";
