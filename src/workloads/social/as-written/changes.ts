/** Every change that was made to the text's own tables so that PostgreSQL 18 accepts them, one line each (S-02 to S-09). */
export const asWrittenChanges: readonly string[] = [
  'INDEX inside CREATE TABLE is MySQL: each is a CREATE INDEX of its own (S-02)',
  'idx_user_created stands three times and index names are unique in a schema: they are <table>_<columns>_idx (S-03)',
  'posts: PRIMARY KEY (post_id) is refused on a table partitioned by created_at: it is (post_id, created_at) (S-06)',
  'comments: PRIMARY KEY (comment_id) is refused on a table partitioned by created_at: it is (comment_id, created_at) (S-06)',
  'posts: the text makes January 2024 only, and every other insert fails: months are made ahead, and for the seed (S-07)',
  'comments: the text makes no partition at all: the same months as for posts (S-07)',
  'likes and follows: 64 and 128 hash partitions stand in comments only: they are made (S-08)',
  'the 256 shards of users and posts stand in comments only: one database (S-09)',
]
