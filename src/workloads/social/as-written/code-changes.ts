/** What had to change in the text's own code before it ran at all, one line each; its tables are in `changes.ts`. */
export const asWrittenCodeChanges: readonly string[] = [
  'create_post: the id generator that the text only names is the one of the fixed variant (X-05)',
  'create_post: the INSERT names its columns and reads the author first, for username is NOT NULL (S-18)',
  'create_post: created_at is the database’s now() with its time zone instead of a naive local time (X-07)',
  'create_post: threshold=titles asks for the 1,000 followers that the section titles speak of and the code does not (S-19)',
  'get_user_feed: IN (%s) is = ANY($1), for a list is no parameter and an empty one no syntax (S-24)',
  'get_user_feed: rows become ids before they are looked up (S-24)',
  'get_user_feed: posts are cached in one shape, ids as strings, for rows with 64-bit ids do not serialise (S-33)',
  'get_user_feed: a post that is gone is cached as "null" as in the text (S-34), and left out of the answer',
  'CacheLayer.get_user: users are cached in one shape, ids as strings (S-33); a missing one is refused instead of cached (S-34)',
  'no code in the text, the obvious one stands in: like, unlike, comment, like of a comment, follow, unfollow, accept, block, delete, register, update of a profile, and the lists of comments, likes and posts (S-40)',
]
