-- Since when a provider of the console is asked as it is: who came by it since then has shown that it works.
ALTER TABLE providers ADD COLUMN asked_since BIGINT NOT NULL DEFAULT 0;
