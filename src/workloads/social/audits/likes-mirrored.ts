import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** Each like stands on the post's shard and on the liker's, at the same moment: two edge rows a like. */
export const likesMirrored: Audit = sqlAudit(
  { name: 'likes.mirrored', claims: ['SOC-46'], defects: ['S-11'] },
  'fixed',
  `SELECT CASE
     WHEN u.user_id IS NULL THEN format('user %s likes post %s: not among the user''s likes', p.user_id, p.post_id)
     WHEN p.user_id IS NULL THEN format('user %s likes post %s: not among the post''s likes', u.user_id, u.post_id)
     WHEN p.created_at <> u.created_at THEN
       format('user %s likes post %s since %s by post, %s by user', p.user_id, p.post_id, p.created_at, u.created_at)
   END AS wrong
   FROM likes_by_post p FULL JOIN likes_by_user u ON u.post_id = p.post_id AND u.user_id = p.user_id`,
)
