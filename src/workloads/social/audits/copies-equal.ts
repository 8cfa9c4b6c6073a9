import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** The name and picture that posts and comments carry are their authors' own: a rename has reached every copy. */
export const copiesEqual: Audit = sqlAudit(
  { name: 'copies.equal-users', claims: ['SOC-42', 'SOC-51'], defects: ['S-17'] },
  'fixed',
  `SELECT CASE WHEN (copy.username, copy.user_profile_pic) IS DISTINCT FROM (u.username, u.profile_pic_url) THEN
     format('%s %s shows %s, its author %s is called %s', kind, id, copy.username, copy.user_id, u.username) END AS wrong
   FROM (
     SELECT 'post' AS kind, post_id AS id, user_id, username, user_profile_pic FROM posts
     UNION ALL SELECT 'comment', comment_id, user_id, username, user_profile_pic FROM comments
   ) copy
   LEFT JOIN users u ON u.user_id = copy.user_id`,
)
