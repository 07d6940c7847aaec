-- What is over is found by its age.
CREATE INDEX sessions_by_age ON sessions (created_at);
CREATE INDEX one_time_links_by_end ON one_time_links (expires_at);
CREATE INDEX failed_sign_ins_by_age ON failed_sign_ins (last_at);
