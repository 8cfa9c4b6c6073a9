import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** The DEFAULT partitions are an alarm: a row in them means that a month was not made ahead. */
export const partitionsDefaultEmpty: Audit = sqlAudit(
  { name: 'partitions.default-empty', claims: ['SOC-44', 'SOC-53'], defects: ['S-07', 'X-09'] },
  'fixed',
  `SELECT CASE WHEN found > 0 THEN format('%s holds %s rows: a month partition is missing', name, found) END AS wrong
   FROM (SELECT 'posts_default' AS name, count(*) AS found FROM posts_default
         UNION ALL SELECT 'comments_default', count(*) FROM comments_default) alarm`,
)
