import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'

const TITLE: AuditTitle = {
  name: 'follows.counts-equal-edges',
  claims: ['SOC-32'],
  defects: ['S-14', 'S-16'],
}

/** Every user's counters of followers, of followed and of posts are the numbers of edges and of posts not deleted. */
export const followsCounts: Audit = sqlAudit(
  TITLE,
  'fixed',
  `SELECT CASE WHEN coalesce(counted, 0) <> coalesce(found, 0) THEN
     format('user %s: the counter says %s, %s %s are there', entity_id, coalesce(counted, 0), coalesce(found, 0),
       CASE kind WHEN 4 THEN 'followers' WHEN 5 THEN 'followed' ELSE 'posts' END) END AS wrong
   FROM (SELECT kind, entity_id, sum(count) AS counted FROM counters WHERE kind IN (4, 5, 6) GROUP BY kind, entity_id) c
   FULL JOIN (
     SELECT 4::smallint AS kind, following_id AS entity_id, count(*) AS found FROM follows GROUP BY following_id
     UNION ALL
     SELECT 5::smallint, follower_id, count(*) FROM follows GROUP BY follower_id
     UNION ALL
     SELECT 6::smallint, user_id, count(*) FROM posts WHERE deleted_at IS NULL GROUP BY user_id
   ) f USING (kind, entity_id)`,
)

/** The text's own counters in `users` are the numbers of edges and of posts. */
export const followsCountsAsWritten: Audit = sqlAudit(
  TITLE,
  'as-written',
  `SELECT CASE WHEN follower_count <> coalesce(followers, 0) OR following_count <> coalesce(followed, 0)
       OR post_count <> coalesce(written, 0) THEN
     format('user %s: the counts say %s followers, %s followed, %s posts; there are %s, %s, %s', user_id, follower_count,
       following_count, post_count, coalesce(followers, 0), coalesce(followed, 0), coalesce(written, 0)) END AS wrong
   FROM users
   LEFT JOIN (SELECT following_id AS user_id, count(*) AS followers FROM follows GROUP BY following_id) i USING (user_id)
   LEFT JOIN (SELECT follower_id AS user_id, count(*) AS followed FROM follows GROUP BY follower_id) o USING (user_id)
   LEFT JOIN (SELECT user_id, count(*) AS written FROM posts GROUP BY user_id) p USING (user_id)`,
)
