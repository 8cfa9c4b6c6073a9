import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'

const TITLE: AuditTitle = {
  name: 'comments.count-equals-rows',
  claims: ['SOC-48', 'SOC-50'],
  defects: ['S-14'],
}

/** Every post's comment counter is the number of its comments, every comment's like counter that of its likes. */
export const commentsCount: Audit = sqlAudit(
  TITLE,
  'fixed',
  `SELECT CASE WHEN coalesce(counted, 0) <> coalesce(found, 0) THEN
     format(CASE kind WHEN 2 THEN 'post %s: the counter says %s, %s comments are there'
                      ELSE 'comment %s: the counter says %s, %s likes are there' END,
       entity_id, coalesce(counted, 0), coalesce(found, 0)) END AS wrong
   FROM (SELECT kind, entity_id, sum(count) AS counted FROM counters WHERE kind IN (2, 3) GROUP BY kind, entity_id) c
   FULL JOIN (
     SELECT 2::smallint AS kind, post_id AS entity_id, count(*) AS found
     FROM comments WHERE deleted_at IS NULL GROUP BY post_id
     UNION ALL
     SELECT 3::smallint, comment_id, count(*) FROM comment_likes GROUP BY comment_id
   ) f USING (kind, entity_id)`,
)

/** The text's own counter, `posts.comment_count`, is the number of the post's comments (drifts: S-14). */
export const commentsCountAsWritten: Audit = sqlAudit(
  TITLE,
  'as-written',
  `SELECT CASE WHEN comment_count <> coalesce(found, 0) THEN
     format('post %s: comment_count says %s, %s comments are there', post_id, comment_count, coalesce(found, 0)) END AS wrong
   FROM posts LEFT JOIN (SELECT post_id, count(*) AS found FROM comments GROUP BY post_id) c USING (post_id)`,
)
