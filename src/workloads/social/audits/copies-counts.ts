import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** The counts in the rows of posts, comments and users are those of their counters: the lazy copies have caught up. */
export const copiesCounts: Audit = sqlAudit(
  { name: 'copies.equal-counters', claims: ['SOC-32', 'SOC-80'], defects: ['S-13', 'S-16'] },
  'fixed',
  `SELECT CASE WHEN copied <> coalesce(counted, 0) THEN
     format('%s: %s says %s, the counter %s', id, shown, copied, coalesce(counted, 0)) END AS wrong
   FROM (
     SELECT 1::smallint AS kind, post_id AS id, like_count AS copied, 'posts.like_count' AS shown FROM posts
     UNION ALL SELECT 2, post_id, comment_count, 'posts.comment_count' FROM posts
     UNION ALL SELECT 3, comment_id, like_count, 'comments.like_count' FROM comments
     UNION ALL SELECT 4, user_id, follower_count, 'users.follower_count' FROM users
     UNION ALL SELECT 5, user_id, following_count, 'users.following_count' FROM users
     UNION ALL SELECT 6, user_id, post_count, 'users.post_count' FROM users
   ) copy
   LEFT JOIN (SELECT kind, entity_id AS id, sum(count) AS counted FROM counters GROUP BY kind, entity_id) c USING (kind, id)`,
)
