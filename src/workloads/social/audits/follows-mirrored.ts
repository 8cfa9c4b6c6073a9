import type { Audit } from '../../../core/audit.ts'
import { statementAudit } from './social-audit.ts'

/**
 * `follows` and `followers` hold the same edges, and so do `blocks` and `blocked_by`. A million edges are compared by
 * count and by a sum of hashes; which of them differ is looked up only when those do.
 */
export const followsMirrored: Audit = statementAudit(
  { name: 'follows.mirrored', claims: ['SOC-12', 'SOC-55'], defects: ['S-12'] },
  'fixed',
  `WITH edges AS MATERIALIZED (
     SELECT count(*) AS found, sum(hashint8extended(follower_id, following_id)) AS hashes FROM follows
   ), mirror AS MATERIALIZED (
     SELECT count(*) AS found, sum(hashint8extended(follower_id, following_id)) AS hashes FROM followers
   ), wrong AS MATERIALIZED (
     SELECT CASE
       WHEN m.follower_id IS NULL THEN format('%s follows %s: missing in followers', f.follower_id, f.following_id)
       ELSE format('%s follows %s: only in followers', m.follower_id, m.following_id)
     END AS line
     FROM follows f
     FULL JOIN followers m ON m.follower_id = f.follower_id AND m.following_id = f.following_id
     WHERE (SELECT (edges.found, edges.hashes) IS DISTINCT FROM (mirror.found, mirror.hashes) FROM edges, mirror)
       AND (f.follower_id IS NULL OR m.follower_id IS NULL)
     UNION ALL
     SELECT CASE
       WHEN m.user_id IS NULL THEN format('%s blocks %s: missing in blocked_by', b.user_id, b.blocked_id)
       ELSE format('%s blocks %s: only in blocked_by', m.user_id, m.blocked_id)
     END
     FROM blocks b
     FULL JOIN blocked_by m ON m.user_id = b.user_id AND m.blocked_id = b.blocked_id
     WHERE b.user_id IS NULL OR m.user_id IS NULL
   )
   SELECT (SELECT greatest(edges.found, mirror.found) FROM edges, mirror) + (SELECT count(*) FROM blocks) AS checked,
     count(*) AS violations, ARRAY(SELECT line FROM wrong ORDER BY line LIMIT 10) AS examples
   FROM wrong`,
)
