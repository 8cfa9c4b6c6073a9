-- The social case, as written: the tables of the text, changed only where PostgreSQL 18 would refuse them. Each change is
-- listed in src/workloads/social/as-written/changes.ts. Idempotent: running it twice changes nothing.

CREATE TABLE IF NOT EXISTS users (
    user_id BIGINT PRIMARY KEY,
    username VARCHAR(30) UNIQUE NOT NULL,
    email VARCHAR(255) UNIQUE NOT NULL,
    full_name VARCHAR(100),
    bio VARCHAR(150),
    profile_pic_url VARCHAR(500),
    follower_count INT DEFAULT 0,
    following_count INT DEFAULT 0,
    post_count INT DEFAULT 0,
    is_verified BOOLEAN DEFAULT FALSE,
    is_private BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX IF NOT EXISTS users_username_idx ON users (username);
CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);

CREATE TABLE IF NOT EXISTS user_settings (
    user_id BIGINT PRIMARY KEY,
    notifications_enabled BOOLEAN DEFAULT TRUE,
    dark_mode BOOLEAN DEFAULT FALSE,
    language VARCHAR(10) DEFAULT 'en',
    preferences JSONB,
    FOREIGN KEY (user_id) REFERENCES users(user_id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS posts (
    post_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    caption TEXT,
    media_urls JSONB,
    like_count INT DEFAULT 0,
    comment_count INT DEFAULT 0,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    username VARCHAR(30) NOT NULL,
    user_profile_pic VARCHAR(500),
    PRIMARY KEY (post_id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX IF NOT EXISTS posts_user_id_created_at_idx ON posts (user_id, created_at DESC);
CREATE INDEX IF NOT EXISTS posts_created_at_idx ON posts (created_at DESC);

CREATE TABLE IF NOT EXISTS likes (
    post_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    PRIMARY KEY (post_id, user_id)
) PARTITION BY HASH (post_id);

CREATE INDEX IF NOT EXISTS likes_user_id_created_at_idx ON likes (user_id, created_at DESC);

CREATE TABLE IF NOT EXISTS comments (
    comment_id BIGINT NOT NULL,
    post_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    parent_comment_id BIGINT,
    content TEXT NOT NULL,
    like_count INT DEFAULT 0,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    username VARCHAR(30),
    user_profile_pic VARCHAR(500),
    PRIMARY KEY (comment_id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX IF NOT EXISTS comments_post_id_created_at_idx ON comments (post_id, created_at);
CREATE INDEX IF NOT EXISTS comments_user_id_created_at_idx ON comments (user_id, created_at DESC);

CREATE TABLE IF NOT EXISTS follows (
    follower_id BIGINT NOT NULL,
    following_id BIGINT NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    PRIMARY KEY (follower_id, following_id)
) PARTITION BY HASH (follower_id);

CREATE INDEX IF NOT EXISTS follows_following_id_created_at_idx ON follows (following_id, created_at DESC);

-- 64 and 128 hash partitions, which the text gives as comments.
DO $$
DECLARE
  tables constant text[] := ARRAY['likes', 'follows'];
  moduli constant int[] := ARRAY[64, 128];
  name text;
BEGIN
  FOR t IN 1 .. cardinality(tables) LOOP
    FOR remainder IN 0 .. moduli[t] - 1 LOOP
      name := tables[t] || '_' || lpad(remainder::text, length((moduli[t] - 1)::text), '0');
      IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
                       name, tables[t], moduli[t], remainder);
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- The partition of `parent` for the month (UTC) that `moment` lies in: posts_2024_01. True when it had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent text, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  month constant timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
  name constant text := parent || '_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent,
    month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
  RETURN true;
END $$;

-- Month partitions from `back` months before this one to `ahead` months after it. Returns how many had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partitions(ahead integer, back integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['posts', 'comments'] LOOP
    FOR step IN -back .. ahead LOOP
      IF ensure_month_partition(parent,
        (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step)) AT TIME ZONE 'UTC') THEN
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

SELECT ensure_month_partitions(3);
