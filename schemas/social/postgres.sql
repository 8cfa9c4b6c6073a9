-- The social case, as fixed. Idempotent: running it twice changes nothing. Run it by hand with psql in an empty database.
--
-- Ids are Snowflakes: 41 bits of milliseconds since 2024-01-01, 8 of logical shard, 6 of worker, 8 of sequence (X-05).
-- Every sharded table has its shard first in the primary key and last in its columns, equal to the bits of the id that
-- it is sharded by (X-06); posts and comments are partitioned by month over the post's id (S-05, S-06, S-15).

CREATE OR REPLACE FUNCTION shard_of(id bigint) RETURNS smallint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ((id >> 14) & 255)::smallint;

CREATE OR REPLACE FUNCTION time_of(id bigint) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN to_timestamp(((id >> 22) + 1704067200000) / 1000.0);

CREATE OR REPLACE FUNCTION first_id_at(moment timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (round(extract(epoch FROM moment) * 1000)::bigint - 1704067200000) << 22;

-- Users and what shares their shard ---------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS users (
  user_id         bigint       NOT NULL,
  username        varchar(30)  NOT NULL,
  email           varchar(255) NOT NULL,
  full_name       varchar(100),
  bio             varchar(150),
  profile_pic_url varchar(500),
  -- Lazily refreshed copies, by way of `stale_counts`; the truth is in `counters` (S-13, S-16).
  follower_count  integer      NOT NULL DEFAULT 0,
  following_count integer      NOT NULL DEFAULT 0,
  post_count      integer      NOT NULL DEFAULT 0,
  is_verified     boolean      NOT NULL DEFAULT false,
  is_private      boolean      NOT NULL DEFAULT false,
  created_at      timestamptz  NOT NULL DEFAULT now(),
  updated_at      timestamptz  NOT NULL DEFAULT now(),
  -- A pull author's posts are merged at read instead of pushed: on at 1,000 followers, off below 900 (S-19).
  is_pull         boolean      NOT NULL DEFAULT false,
  pull_switched_at timestamptz,
  version         integer      NOT NULL DEFAULT 1,
  shard           smallint     NOT NULL,
  PRIMARY KEY (shard, user_id),
  CONSTRAINT users_shard_check CHECK (shard = ((user_id >> 14) & 255))
);

-- Few authors are pulled: whether one is, is asked of a small index for each author whom a reader follows.
CREATE INDEX IF NOT EXISTS users_is_pull_idx ON users (shard, user_id) WHERE is_pull;

-- Names and addresses are unique over all shards: claim, create the user, confirm; a sweeper ends half-claims (S-09, S-10).
CREATE TABLE IF NOT EXISTS username_claims (
  folded_name  varchar(30) NOT NULL,
  user_id      bigint      NOT NULL,
  state        varchar(9)  NOT NULL DEFAULT 'claimed',
  claimed_at   timestamptz NOT NULL DEFAULT now(),
  shard        smallint    NOT NULL,
  PRIMARY KEY (folded_name),
  CONSTRAINT username_claims_state_check CHECK (state IN ('claimed', 'confirmed'))
);

CREATE TABLE IF NOT EXISTS email_claims (
  folded_email varchar(255) NOT NULL,
  user_id      bigint       NOT NULL,
  state        varchar(9)   NOT NULL DEFAULT 'claimed',
  claimed_at   timestamptz  NOT NULL DEFAULT now(),
  shard        smallint     NOT NULL,
  PRIMARY KEY (folded_email),
  CONSTRAINT email_claims_state_check CHECK (state IN ('claimed', 'confirmed'))
);

CREATE TABLE IF NOT EXISTS user_settings (
  user_id               bigint      NOT NULL,
  notifications_enabled boolean     NOT NULL DEFAULT true,
  dark_mode             boolean     NOT NULL DEFAULT false,
  language              varchar(10) NOT NULL DEFAULT 'en',
  preferences           jsonb       NOT NULL DEFAULT '{}',
  shard                 smallint    NOT NULL,
  PRIMARY KEY (shard, user_id),
  CONSTRAINT user_settings_shard_check CHECK (shard = ((user_id >> 14) & 255)),
  CONSTRAINT user_settings_user_fkey FOREIGN KEY (shard, user_id) REFERENCES users (shard, user_id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS blocks (
  user_id    bigint      NOT NULL,
  blocked_id bigint      NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  shard      smallint    NOT NULL,
  PRIMARY KEY (shard, user_id, blocked_id),
  CONSTRAINT blocks_shard_check CHECK (shard = ((user_id >> 14) & 255)),
  CONSTRAINT blocks_not_self_check CHECK (user_id <> blocked_id)
);

-- The mirror of blocks on the blocked user's shard, kept by the outbox.
CREATE TABLE IF NOT EXISTS blocked_by (
  blocked_id bigint      NOT NULL,
  user_id    bigint      NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  shard      smallint    NOT NULL,
  PRIMARY KEY (shard, blocked_id, user_id),
  CONSTRAINT blocked_by_shard_check CHECK (shard = ((blocked_id >> 14) & 255))
);

-- The graph -----------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS follows (
  follower_id  bigint      NOT NULL,
  following_id bigint      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, follower_id, following_id),
  CONSTRAINT follows_shard_check CHECK (shard = ((follower_id >> 14) & 255)),
  CONSTRAINT follows_not_self_check CHECK (follower_id <> following_id)
) PARTITION BY HASH (follower_id);

-- The mirror that answers "who follows X" from one partition (S-12), kept by the outbox.
CREATE TABLE IF NOT EXISTS followers (
  following_id bigint      NOT NULL,
  follower_id  bigint      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, following_id, follower_id),
  CONSTRAINT followers_shard_check CHECK (shard = ((following_id >> 14) & 255))
) PARTITION BY HASH (following_id);

CREATE TABLE IF NOT EXISTS follow_requests (
  target_id    bigint      NOT NULL,
  requester_id bigint      NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  shard        smallint    NOT NULL,
  PRIMARY KEY (shard, target_id, requester_id),
  CONSTRAINT follow_requests_shard_check CHECK (shard = ((target_id >> 14) & 255))
);

-- Posts and what shares their shard -----------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS posts (
  post_id          bigint      NOT NULL,
  user_id          bigint      NOT NULL,
  caption          text        NOT NULL DEFAULT '',
  media_urls       jsonb       NOT NULL DEFAULT '[]',
  -- Lazily refreshed copies, by way of `stale_counts`; the truth is in `counters` (S-13).
  like_count       integer     NOT NULL DEFAULT 0,
  comment_count    integer     NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL,
  -- Copies for display, refreshed from `user.renamed` (S-17).
  username         varchar(30) NOT NULL,
  user_profile_pic varchar(500),
  deleted_at       timestamptz,
  shard            smallint    NOT NULL,
  PRIMARY KEY (shard, post_id),
  CONSTRAINT posts_shard_check CHECK (shard = ((post_id >> 14) & 255) AND shard = ((user_id >> 14) & 255)),
  CONSTRAINT posts_media_urls_check CHECK (jsonb_typeof(media_urls) = 'array')
) PARTITION BY RANGE (post_id);

-- With what tells deleted posts, so that a page of an author's ids is read from the index alone.
CREATE INDEX IF NOT EXISTS posts_user_id_post_id_idx ON posts (shard, user_id, post_id DESC) INCLUDE (deleted_at);
CREATE INDEX IF NOT EXISTS posts_post_id_idx ON posts (post_id DESC);

CREATE TABLE IF NOT EXISTS likes_by_post (
  post_id    bigint      NOT NULL,
  user_id    bigint      NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  shard      smallint    NOT NULL,
  PRIMARY KEY (shard, post_id, user_id),
  CONSTRAINT likes_by_post_shard_check CHECK (shard = ((post_id >> 14) & 255))
) PARTITION BY HASH (post_id);

-- "Posts I liked", on the liker's shard, kept by the outbox (S-11).
CREATE TABLE IF NOT EXISTS likes_by_user (
  user_id    bigint      NOT NULL,
  post_id    bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  shard      smallint    NOT NULL,
  PRIMARY KEY (shard, user_id, post_id),
  CONSTRAINT likes_by_user_shard_check CHECK (shard = ((user_id >> 14) & 255))
) PARTITION BY HASH (user_id);

CREATE INDEX IF NOT EXISTS likes_by_user_user_id_created_at_idx ON likes_by_user (shard, user_id, created_at DESC, post_id);

CREATE TABLE IF NOT EXISTS comments (
  comment_id        bigint      NOT NULL,
  post_id           bigint      NOT NULL,
  user_id           bigint      NOT NULL,
  parent_comment_id bigint,
  content           text        NOT NULL,
  -- A lazily refreshed copy, by way of `stale_counts`; the truth is in `counters`.
  like_count        integer     NOT NULL DEFAULT 0,
  created_at        timestamptz NOT NULL,
  username          varchar(30) NOT NULL,
  user_profile_pic  varchar(500),
  deleted_at        timestamptz,
  -- 0 for a comment, 1 for a reply; replies are not replied to (S-47).
  depth             smallint    NOT NULL DEFAULT 0,
  shard             smallint    NOT NULL,
  PRIMARY KEY (shard, post_id, comment_id),
  CONSTRAINT comments_shard_check CHECK (shard = ((post_id >> 14) & 255) AND shard = ((comment_id >> 14) & 255)),
  CONSTRAINT comments_depth_check CHECK (depth = CASE WHEN parent_comment_id IS NULL THEN 0 ELSE 1 END),
  CONSTRAINT comments_content_check CHECK (length(content) BETWEEN 1 AND 2200),
  -- A reply's parent is a comment of the same post (S-47).
  CONSTRAINT comments_parent_fkey FOREIGN KEY (shard, post_id, parent_comment_id)
    REFERENCES comments (shard, post_id, comment_id)
) PARTITION BY RANGE (post_id);

CREATE INDEX IF NOT EXISTS comments_user_id_comment_id_idx ON comments (shard, user_id, comment_id DESC);

CREATE TABLE IF NOT EXISTS comment_likes (
  comment_id bigint      NOT NULL,
  user_id    bigint      NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  shard      smallint    NOT NULL,
  PRIMARY KEY (shard, comment_id, user_id),
  CONSTRAINT comment_likes_shard_check CHECK (shard = ((comment_id >> 14) & 255))
) PARTITION BY HASH (comment_id);

-- Counts, events and the relay's own state ----------------------------------------------------------------------------

-- kind: 1 post likes, 2 post comments, 3 comment likes, 4 followers, 5 following, 6 posts of a user.
-- counter=row uses slot 0, counter=slots spreads over 0..31, counter=delta has the relay add to slot 0 what the outbox holds.
CREATE TABLE IF NOT EXISTS counters (
  entity_id bigint   NOT NULL,
  count     bigint   NOT NULL DEFAULT 0,
  kind      smallint NOT NULL,
  slot      smallint NOT NULL DEFAULT 0,
  shard     smallint NOT NULL,
  PRIMARY KEY (shard, entity_id, kind, slot),
  CONSTRAINT counters_shard_check CHECK (shard = ((entity_id >> 14) & 255)),
  CONSTRAINT counters_kind_check CHECK (kind BETWEEN 1 AND 6)
) WITH (fillfactor = 70);

-- Users, posts and comments of which a count has changed since it was last copied into their row: marked in the
-- transaction in which the relay applies the change, and taken out again in the one that copies, oldest first (S-13).
CREATE TABLE IF NOT EXISTS stale_counts (
  entity_id bigint      NOT NULL,
  -- The post that a comment stands under: its row is found by both.
  post_id   bigint,
  marked_at timestamptz NOT NULL DEFAULT now(),
  entity    varchar(7)  NOT NULL,
  shard     smallint    NOT NULL,
  PRIMARY KEY (shard, entity_id, entity),
  CONSTRAINT stale_counts_shard_check CHECK (shard = ((entity_id >> 14) & 255)),
  CONSTRAINT stale_counts_entity_check CHECK (entity IN ('user', 'post', 'comment')),
  CONSTRAINT stale_counts_post_id_check CHECK ((entity = 'comment') = (post_id IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS stale_counts_marked_at_idx ON stale_counts (marked_at);

-- Written in the transaction of the change that it tells of; read in (xid, id) order and only below the snapshot's
-- horizon, so that a slow transaction's event is never passed over (E-22).
CREATE TABLE IF NOT EXISTS outbox (
  id         bigint      GENERATED ALWAYS AS IDENTITY,
  xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
  -- The user who acted, the entity that the event is about, and the one that it points to.
  actor_id   bigint      NOT NULL,
  subject_id bigint      NOT NULL,
  object_id  bigint,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind       varchar(24) NOT NULL,
  PRIMARY KEY (xid, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.2);

CREATE TABLE IF NOT EXISTS relay_position (
  relay      varchar(24) NOT NULL,
  xid        xid8        NOT NULL DEFAULT '0',
  id         bigint      NOT NULL DEFAULT 0,
  PRIMARY KEY (relay)
);

-- One row a post whose fan-out is not finished: chunks go by follower id, so a restart resumes where it stood (S-27).
CREATE TABLE IF NOT EXISTS fanout_tasks (
  post_id          bigint   NOT NULL,
  author_id        bigint   NOT NULL,
  next_follower_id bigint   NOT NULL DEFAULT 0,
  chunk            integer  NOT NULL DEFAULT 0,
  shard            smallint NOT NULL,
  PRIMARY KEY (shard, post_id)
);

-- updated_at and version change with the row (S-46).
CREATE OR REPLACE FUNCTION touch_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER users_touch BEFORE UPDATE OF username, email, full_name, bio, profile_pic_url, is_private
  ON users FOR EACH ROW EXECUTE FUNCTION touch_user();

-- Decisions that writes make inside their own transaction ------------------------------------------------------------

-- These run under generic plans: a custom one costs .3 ms of planning at each call. None of them scans a hash
-- partitioned table outside a branch that is rarely taken, since a generic plan locks all of its partitions.

CREATE OR REPLACE FUNCTION is_following(follower bigint, followed bigint) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  RETURN EXISTS (SELECT FROM follows f
    WHERE f.shard = shard_of(follower) AND f.follower_id = follower AND f.following_id = followed);
END $$;

-- May `actor` see the post and act on it: 'ok', 'not-found' (or deleted), 'blocked' (either way) or 'private' (X-14).
-- `like_posts` decides the same for many at once, in words of its own: to call this for each of 128 likes takes twice to
-- three times as long, and a set of one through its plan makes this a third slower. A test holds the two together.
CREATE OR REPLACE FUNCTION post_verdict(actor bigint, post bigint) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  actor_shard smallint := (actor >> 14) & 255;
  post_shard smallint := (post >> 14) & 255;
  author bigint;
  author_is_private boolean;
  is_blocked boolean;
BEGIN
  SELECT p.user_id, u.is_private,
    EXISTS (SELECT FROM blocks b WHERE b.shard = actor_shard AND b.user_id = actor AND b.blocked_id = p.user_id)
    OR EXISTS (SELECT FROM blocks b WHERE b.shard = post_shard AND b.user_id = p.user_id AND b.blocked_id = actor)
  INTO author, author_is_private, is_blocked
  FROM posts p JOIN users u ON u.shard = p.shard AND u.user_id = p.user_id
  WHERE p.shard = post_shard AND p.post_id = post AND p.deleted_at IS NULL;
  RETURN CASE
    WHEN author IS NULL THEN 'not-found'
    WHEN is_blocked THEN 'blocked'
    WHEN author_is_private AND author <> actor AND NOT is_following(actor, author) THEN 'private'
    ELSE 'ok' END;
END $$;

-- Likes, answered in the order asked: idempotent, counters and events driven by the rows that were really inserted
-- (S-14). `counter_slot` is the counter row to add to, or null where the relay counts. Rows are taken in one order, so
-- that two calls with the same posts wait for each other and never in a circle.
CREATE OR REPLACE FUNCTION like_posts(actors bigint[], liked bigint[], counter_slot smallint)
RETURNS TABLE (verdict text, created boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY WITH asked AS (
    SELECT a.actor, a.post, a.turn, ((a.actor >> 14) & 255)::smallint AS actor_shard,
      ((a.post >> 14) & 255)::smallint AS post_shard
    FROM unnest(actors, liked) WITH ORDINALITY AS a(actor, post, turn)
  ), decided AS MATERIALIZED (
    SELECT a.actor, a.post, a.turn, a.post_shard, CASE
      WHEN p.user_id IS NULL THEN 'not-found'
      WHEN EXISTS (SELECT FROM blocks b
          WHERE b.shard = a.actor_shard AND b.user_id = a.actor AND b.blocked_id = p.user_id)
        OR EXISTS (SELECT FROM blocks b
          WHERE b.shard = a.post_shard AND b.user_id = p.user_id AND b.blocked_id = a.actor) THEN 'blocked'
      WHEN u.is_private AND p.user_id <> a.actor AND NOT is_following(a.actor, p.user_id) THEN 'private'
      ELSE 'ok' END AS verdict
    FROM asked a
    LEFT JOIN posts p ON p.shard = a.post_shard AND p.post_id = a.post AND p.deleted_at IS NULL
    LEFT JOIN users u ON u.shard = p.shard AND u.user_id = p.user_id
  ), made AS (
    INSERT INTO likes_by_post AS l (post_id, user_id, shard)
    SELECT DISTINCT d.post, d.actor, d.post_shard FROM decided d WHERE d.verdict = 'ok' ORDER BY d.post, d.actor
    ON CONFLICT DO NOTHING RETURNING l.post_id, l.user_id, l.created_at
  ), told AS (
    INSERT INTO outbox (actor_id, subject_id, kind, created_at)
    SELECT m.user_id, m.post_id, 'like.added', m.created_at FROM made m
  ), counted AS (
    -- Last, so that the row of a hot post is locked as briefly as can be (S-13).
    INSERT INTO counters AS c (entity_id, count, kind, slot, shard)
    SELECT m.post_id, count(*), 1, counter_slot, (m.post_id >> 14) & 255 FROM made m
    WHERE counter_slot IS NOT NULL GROUP BY m.post_id ORDER BY m.post_id
    ON CONFLICT (shard, entity_id, kind, slot) DO UPDATE SET count = c.count + EXCLUDED.count
  )
  SELECT d.verdict,
    m.user_id IS NOT NULL AND row_number() OVER (PARTITION BY d.actor, d.post ORDER BY d.turn) = 1
  FROM decided d LEFT JOIN made m ON m.post_id = d.post AND m.user_id = d.actor
  ORDER BY d.turn;
END $$;

-- What changes the edges between two users goes one after the other: a follow that does not see a block yet to be
-- committed would outlive it. Each statement after this one sees what was committed before the lock was had.
CREATE OR REPLACE FUNCTION lock_pair(one bigint, other bigint) RETURNS void LANGUAGE sql VOLATILE STRICT AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(least(one, other) || ':' || greatest(one, other), 0));
$$;

-- Follows, or asks to where the account is private. Idempotent.
CREATE OR REPLACE FUNCTION follow_user(follower bigint, followed bigint,
  OUT verdict text, OUT is_requested boolean, OUT created boolean)
LANGUAGE plpgsql AS $$
DECLARE
  own smallint := (follower >> 14) & 255;
  others smallint := (followed >> 14) & 255;
BEGIN
  PERFORM lock_pair(follower, followed);
  WITH target AS (
    SELECT u.is_private,
      EXISTS (SELECT FROM blocks b WHERE b.shard = own AND b.user_id = follower AND b.blocked_id = followed)
      OR EXISTS (SELECT FROM blocks b WHERE b.shard = others AND b.user_id = followed AND b.blocked_id = follower)
      AS is_blocked,
      EXISTS (SELECT FROM follows f WHERE f.shard = own AND f.follower_id = follower AND f.following_id = followed)
      AS is_followed
    FROM users u WHERE u.shard = others AND u.user_id = followed
  ), made AS (
    INSERT INTO follows (follower_id, following_id, shard)
    SELECT follower, followed, own FROM target WHERE NOT is_blocked AND NOT is_private
    ON CONFLICT DO NOTHING RETURNING created_at
  ), asked AS (
    INSERT INTO follow_requests (target_id, requester_id, shard)
    SELECT followed, follower, others FROM target WHERE NOT is_blocked AND is_private AND NOT is_followed
    ON CONFLICT DO NOTHING RETURNING created_at
  ), told AS (
    INSERT INTO outbox (actor_id, subject_id, kind, created_at)
    SELECT follower, followed, 'user.followed', made.created_at FROM made
  )
  SELECT CASE WHEN is_blocked THEN 'blocked' ELSE 'ok' END, is_private AND NOT is_followed,
    EXISTS (SELECT FROM made) OR EXISTS (SELECT FROM asked)
  INTO verdict, is_requested, created FROM target;
END $$;

-- The owner of a private account lets in who asked; a block has ended requests both ways. Idempotent.
CREATE OR REPLACE FUNCTION accept_follow(owner bigint, follower bigint, OUT is_known boolean, OUT created boolean)
LANGUAGE plpgsql AS $$
DECLARE
  own smallint := (owner >> 14) & 255;
  others smallint := (follower >> 14) & 255;
BEGIN
  PERFORM lock_pair(owner, follower);
  WITH accepted AS (
    DELETE FROM follow_requests r WHERE r.shard = own AND r.target_id = owner AND r.requester_id = follower
    RETURNING r.requester_id
  ), made AS (
    INSERT INTO follows (follower_id, following_id, shard) SELECT requester_id, owner, others FROM accepted
    ON CONFLICT DO NOTHING RETURNING created_at
  ), told AS (
    INSERT INTO outbox (actor_id, subject_id, kind, created_at)
    SELECT follower, owner, 'user.followed', made.created_at FROM made
  )
  SELECT EXISTS (SELECT FROM accepted) OR EXISTS (
    SELECT FROM follows f WHERE f.shard = others AND f.follower_id = follower AND f.following_id = owner),
    EXISTS (SELECT FROM made)
  INTO is_known, created;
END $$;

-- Blocks a user, and ends the edges and requests between the two. Idempotent; null where there is no such user.
CREATE OR REPLACE FUNCTION block_user(actor bigint, other bigint, OUT created boolean) LANGUAGE plpgsql AS $$
DECLARE
  own smallint := (actor >> 14) & 255;
  others smallint := (other >> 14) & 255;
BEGIN
  PERFORM lock_pair(actor, other);
  WITH target AS (
    SELECT u.user_id FROM users u WHERE u.shard = others AND u.user_id = other
  ), made AS (
    INSERT INTO blocks (user_id, blocked_id, shard) SELECT actor, user_id, own FROM target
    ON CONFLICT DO NOTHING RETURNING created_at
  ), unfollowed AS (
    DELETE FROM follows f WHERE f.shard = own AND f.follower_id = actor AND f.following_id = other
    RETURNING f.follower_id, f.following_id
  ), lost AS (
    DELETE FROM follows f WHERE f.shard = others AND f.follower_id = other AND f.following_id = actor
    RETURNING f.follower_id, f.following_id
  ), withdrawn AS (
    DELETE FROM follow_requests r WHERE r.shard = others AND r.target_id = other AND r.requester_id = actor
  ), refused AS (
    DELETE FROM follow_requests r WHERE r.shard = own AND r.target_id = actor AND r.requester_id = other
  ), told AS (
    INSERT INTO outbox (actor_id, subject_id, kind)
    SELECT actor, other, 'user.blocked' FROM made
    UNION ALL SELECT follower_id, following_id, 'user.unfollowed' FROM unfollowed
    UNION ALL SELECT follower_id, following_id, 'user.unfollowed' FROM lost
  )
  SELECT EXISTS (SELECT FROM made) INTO created FROM target;
END $$;

-- Feeds ---------------------------------------------------------------------------------------------------------------

-- Under generic plans, since to plan these over all months costs more than to run them. Never a sequential scan: a plan
-- that was made while this month's partition was empty would scan it whole when it has filled.

-- The newest posts that a reader's feed holds, his pull authors, whom he must not see, and the horizon of the snapshot.
-- The limit stands in each author's subquery, so that no author is read deeper than the feed can show (S-25).
CREATE OR REPLACE FUNCTION rebuild_feed(reader bigint, wanted integer, merges_pulled boolean,
  OUT newest text, OUT pulled text, OUT blocked text, OUT horizon text)
LANGUAGE plpgsql STABLE STRICT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  -- Months that have not begun hold nothing: they are not looked at for each author.
  soon constant bigint := first_id_at(now() + interval '1 day');
BEGIN
  WITH followed AS MATERIALIZED (
    SELECT f.following_id AS author_id, merges_pulled AND EXISTS (
      SELECT FROM users u WHERE u.shard = shard_of(f.following_id) AND u.user_id = f.following_id AND u.is_pull) AS is_pull
    FROM follows f WHERE f.shard = shard_of(reader) AND f.follower_id = reader
  ), newest_posts AS (
    SELECT p.post_id FROM followed f CROSS JOIN LATERAL (
      SELECT post_id FROM posts
      WHERE shard = shard_of(f.author_id) AND user_id = f.author_id AND post_id < soon AND deleted_at IS NULL
      ORDER BY post_id DESC LIMIT wanted) p
    WHERE NOT f.is_pull ORDER BY p.post_id DESC LIMIT wanted
  )
  SELECT coalesce((SELECT string_agg(post_id::text, ',' ORDER BY post_id DESC) FROM newest_posts), ''),
    coalesce((SELECT string_agg(author_id::text, ',') FROM followed WHERE is_pull), ''),
    coalesce((SELECT string_agg(b.other::text, ',') FROM (
      SELECT blocked_id AS other FROM blocks WHERE shard = shard_of(reader) AND user_id = reader
      UNION SELECT user_id FROM blocked_by WHERE shard = shard_of(reader) AND blocked_id = reader) b), ''),
    pg_snapshot_xmin(pg_current_snapshot())::text
  INTO newest, pulled, blocked, horizon;
END $$;

-- The newest posts below an id of all whom a reader follows, by commas. A block has removed the follows of both.
CREATE OR REPLACE FUNCTION feed_below(reader bigint, before bigint, wanted integer) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN coalesce((SELECT string_agg(page.post_id::text, ',' ORDER BY page.post_id DESC) FROM (
    SELECT p.post_id FROM follows f CROSS JOIN LATERAL (
      SELECT post_id FROM posts
      WHERE shard = shard_of(f.following_id) AND user_id = f.following_id
        AND post_id < before AND deleted_at IS NULL
      ORDER BY post_id DESC LIMIT wanted) p
    WHERE f.shard = shard_of(reader) AND f.follower_id = reader
    ORDER BY p.post_id DESC LIMIT wanted) page), '');
END $$;

-- Partitions ----------------------------------------------------------------------------------------------------------

-- 64 and 128 hash partitions (S-08): likes_by_post_00 ... likes_by_post_63.
DO $$
DECLARE
  tables constant text[] := ARRAY['likes_by_post', 'likes_by_user', 'comment_likes', 'follows', 'followers'];
  moduli constant int[] := ARRAY[64, 64, 64, 128, 128];
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

DO $$
BEGIN
  IF to_regclass('posts_default') IS NULL THEN CREATE TABLE posts_default PARTITION OF posts DEFAULT; END IF;
  IF to_regclass('comments_default') IS NULL THEN CREATE TABLE comments_default PARTITION OF comments DEFAULT; END IF;
END $$;

-- The partition of `parent` for the month (UTC) that `moment` lies in: posts_2026_01. True when it had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent text, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  month constant timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
  name constant text := parent || '_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', name, parent,
    first_id_at(month AT TIME ZONE 'UTC'), first_id_at((month + interval '1 month') AT TIME ZONE 'UTC'));
  RETURN true;
END $$;

-- Month partitions from `back` months before this one to `ahead` months after it; the DEFAULT partitions above are an
-- alarm that an audit reads (X-09, S-07). Returns how many had to be made.
CREATE OR REPLACE FUNCTION ensure_month_partitions(ahead integer, back integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  made integer := 0;
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['posts', 'comments'] LOOP
    FOR step IN -back .. ahead LOOP
      -- Months are added in UTC: the session's time zone may be another.
      IF ensure_month_partition(parent,
        (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step)) AT TIME ZONE 'UTC') THEN
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

SELECT ensure_month_partitions(3);
