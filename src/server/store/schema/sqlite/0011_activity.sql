-- Where something was done (`team/web`, `team/` for a namespace, '' elsewhere), from which address, by which token, and
-- what kind of thing it was. Each filter of activity is answered by an index of its own, newest first.
ALTER TABLE audit ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN token TEXT;
UPDATE audit SET kind = SUBSTR(action, 1, INSTR(action, '.') - 1);
UPDATE audit SET place = object WHERE action IN ('blob.push', 'repository.create', 'repository.configure', 'repository.read');
UPDATE audit SET place = object || '/' WHERE action IN ('namespace.configure', 'namespace.read', 'robot.read');
UPDATE audit SET place = SUBSTR(object, 1, INSTR(object, '@') - 1) WHERE action IN ('manifest.push', 'manifest.delete', 'blob.delete', 'blob.mount');
UPDATE audit SET place = SUBSTR(object, 1, INSTR(object, ':') - 1) WHERE action = 'tag.delete';
DROP INDEX audit_by_time;
CREATE INDEX audit_by_place ON audit (place, id);
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_kind ON audit (kind, id);
CREATE INDEX audit_by_object ON audit (object, id);
CREATE INDEX audit_refused ON audit (id) WHERE outcome <> 'done';
