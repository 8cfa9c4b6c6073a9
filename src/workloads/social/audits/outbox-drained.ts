import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** Every event of the outbox has been applied, every fan-out is finished, and every changed count has been copied. */
export const outboxDrained: Audit = sqlAudit(
  { name: 'outbox.drained', claims: ['SOC-61', 'SOC-63'], defects: ['S-27', 'E-22'] },
  'fixed',
  `SELECT CASE WHEN unread > 0 THEN
     format('relay %s: %s events are unread, the oldest for %s s', relay, unread, round(age, 1)) END AS wrong
   FROM (
     SELECT relay, count(o.id) AS unread, extract(epoch FROM clock_timestamp() - min(o.created_at)) AS age
     FROM relay_position p LEFT JOIN outbox o ON (o.xid, o.id) > (p.xid, p.id)
     GROUP BY relay
   ) position
   UNION ALL
   SELECT format('%s events are there, and no relay ever read any', count(*))
   FROM outbox WHERE NOT EXISTS (SELECT FROM relay_position) HAVING count(*) > 0
   UNION ALL
   SELECT format('post %s: its fan-out stopped before chunk %s', post_id, chunk) FROM fanout_tasks
   UNION ALL
   SELECT format('%s %s: its counts have changed and were not copied', entity, entity_id) FROM stale_counts`,
)
