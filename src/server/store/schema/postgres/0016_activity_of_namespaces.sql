-- In which namespaces something was done: a row for each of those above its place (`team/`, `team/sub/`), so that the
-- activity of each is read in the order of time.
CREATE TABLE audit_spaces (
    space    TEXT NOT NULL,
    audit_id TEXT NOT NULL REFERENCES audit (id),
    PRIMARY KEY (space, audit_id)
);
WITH RECURSIVE ends (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ends WHERE n < 255)
INSERT INTO audit_spaces (space, audit_id)
SELECT SUBSTR(a.place, 1, n), a.id FROM audit a JOIN ends ON n <= LENGTH(a.place) AND SUBSTR(a.place, n, 1) = '/';
