import type { Audit } from '../../../core/workload.ts'
import { sqlAudit } from './social-audit.ts'

/** `follows` and `followers` hold the same edges, and so do `blocks` and `blocked_by`. */
export const followsMirrored: Audit = sqlAudit(
  { name: 'follows.mirrored', claims: ['SOC-12', 'SOC-55'], defects: ['S-12'] },
  'fixed',
  `SELECT CASE
     WHEN m.follower_id IS NULL THEN format('%s follows %s: missing in followers', f.follower_id, f.following_id)
     WHEN f.follower_id IS NULL THEN format('%s follows %s: only in followers', m.follower_id, m.following_id)
   END AS wrong
   FROM follows f
   FULL JOIN followers m ON m.follower_id = f.follower_id AND m.following_id = f.following_id
   UNION ALL
   SELECT CASE
     WHEN m.user_id IS NULL THEN format('%s blocks %s: missing in blocked_by', b.user_id, b.blocked_id)
     WHEN b.user_id IS NULL THEN format('%s blocks %s: only in blocked_by', m.user_id, m.blocked_id)
   END
   FROM blocks b FULL JOIN blocked_by m ON m.user_id = b.user_id AND m.blocked_id = b.blocked_id`,
)
