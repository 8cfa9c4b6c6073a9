import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'

const TITLE: AuditTitle = {
  name: 'likes.count-equals-rows',
  claims: ['SOC-45', 'SOC-80'],
  defects: ['S-13', 'S-14'],
}

/** Every post's like counter is the number of its likes. */
export const likesCount: Audit = sqlAudit(
  TITLE,
  'fixed',
  `SELECT CASE WHEN coalesce(counted, 0) <> coalesce(found, 0) THEN
     format('post %s: the counter says %s, %s likes are there', post_id, coalesce(counted, 0), coalesce(found, 0)) END AS wrong
   FROM (SELECT entity_id AS post_id, sum(count) AS counted FROM counters WHERE kind = 1 GROUP BY entity_id) c
   FULL JOIN (SELECT post_id, count(*) AS found FROM likes_by_post GROUP BY post_id) l USING (post_id)`,
)

/** The text's own counter, `posts.like_count`, is the number of the post's likes (drifts: S-14). */
export const likesCountAsWritten: Audit = sqlAudit(
  TITLE,
  'as-written',
  `SELECT CASE WHEN like_count <> coalesce(found, 0) THEN
     format('post %s: like_count says %s, %s likes are there', post_id, like_count, coalesce(found, 0)) END AS wrong
   FROM posts LEFT JOIN (SELECT post_id, count(*) AS found FROM likes GROUP BY post_id) l USING (post_id)`,
)
