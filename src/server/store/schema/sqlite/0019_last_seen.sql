-- `seen_at` of principals is when they were last here by whatever they have: a sign-in, a session, a token. It stays when
-- those are gone.
UPDATE principals SET seen_at = MAX(seen_at,
    COALESCE((SELECT MAX(s.seen_at) FROM sessions s WHERE s.user_id = principals.id), 0),
    COALESCE((SELECT MAX(t.used_at) FROM tokens t WHERE t.principal_id = principals.id), 0));
