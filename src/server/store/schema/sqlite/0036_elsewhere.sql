-- In which repositories an image is, asked by its digest over all of them.
CREATE INDEX manifests_by_digest ON manifests (digest, repository_id);
