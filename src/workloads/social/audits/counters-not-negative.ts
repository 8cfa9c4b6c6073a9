import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'

/** No counter is below zero. One slot may be: a like and its withdrawal need not meet in the same slot. */
export const countersNotNegative: Audit = sqlAudit(
  { name: 'counters.not-negative', claims: ['SOC-32', 'SOC-80'], defects: ['S-14'] },
  'fixed',
  `SELECT CASE WHEN sum(count) < 0 THEN format('counter %s of %s is %s', kind, entity_id, sum(count)) END AS wrong
   FROM counters GROUP BY kind, entity_id`,
)
