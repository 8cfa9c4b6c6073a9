import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/**
 * The shard bits of a post's id, its author's and the shard column agree; and so for all that lies on a post's or a
 * user's shard. One line for each id out of place.
 */
export const postsShard: Audit = sqlAudit(
  { name: 'posts.shard-of-author', claims: ['SOC-27', 'SOC-36', 'SOC-39'], defects: ['X-06'] },
  'fixed',
  `SELECT CASE WHEN shard <> shard_of(owner) OR shard <> shard_of(id) THEN
     format('%s %s of %s: in shard %s, the ids say %s and %s', kind, id, owner, shard, shard_of(id), shard_of(owner)) END AS wrong
   FROM (
     SELECT 'post' AS kind, post_id AS id, user_id AS owner, shard FROM posts
     UNION ALL SELECT 'comment', comment_id, post_id, shard FROM comments
     UNION ALL SELECT 'like of post', post_id, post_id, shard FROM likes_by_post
     UNION ALL SELECT 'like by user', user_id, user_id, shard FROM likes_by_user
     UNION ALL SELECT 'user', user_id, user_id, shard FROM users
     UNION ALL SELECT 'settings of user', user_id, user_id, shard FROM user_settings
     UNION ALL SELECT 'counter of', entity_id, entity_id, shard FROM counters
   ) placed`,
)
