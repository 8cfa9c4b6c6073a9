import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from './social-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'

/** A claim without its user is ended by a sweeper; one that is older than this, in seconds, was left (S-09). */
const CLAIM_SECONDS = 60

/** As the application folds: compatibility forms and case make no other name. */
const FOLDED = (text: string): string => `normalize(lower(normalize(${text}, NFKC)), NFKC)`

const LEFT = `c.state = 'claimed' AND c.claimed_at < now() - interval '${CLAIM_SECONDS} seconds'`

const TITLE: AuditTitle = {
  name: 'usernames.unique',
  claims: ['SOC-30', 'SOC-31'],
  defects: ['S-09', 'S-10'],
}

/**
 * Over all shards, a folded name or address belongs to one user, by one confirmed claim, and every user has his claims.
 * The claims' primary key makes a second claim impossible, so a claim for each user means one user a name. A claim in the making is not yet wrong.
 */
export const usernamesUnique: Audit = sqlAudit(
  TITLE,
  'fixed',
  `SELECT CASE
     WHEN u.user_id IS NULL AND ${LEFT} THEN format('name %s: a half claim by user %s is left', folded, c.user_id)
     WHEN u.user_id IS NULL AND c.state = 'confirmed' THEN format('name %s: claimed for user %s, who is not called so', folded, c.user_id)
     WHEN c.user_id IS NULL THEN format('name %s: user %s has no claim to it', folded, u.user_id)
     WHEN u.user_id IS NOT NULL AND c.state <> 'confirmed' THEN format('name %s: the claim of user %s is not confirmed', folded, u.user_id)
   END AS wrong
   FROM (SELECT folded_name AS folded, user_id, state, claimed_at FROM username_claims) c
   FULL JOIN (SELECT ${FOLDED('username')} AS folded, user_id FROM users) u USING (folded, user_id)
   UNION ALL
   SELECT CASE
     WHEN u.user_id IS NULL AND ${LEFT} THEN format('address of user %s: a half claim is left', c.user_id)
     WHEN u.user_id IS NULL AND c.state = 'confirmed' THEN format('address of user %s: claimed, and not the user''s', c.user_id)
     WHEN c.user_id IS NULL THEN format('address of user %s: no claim to it', u.user_id)
     WHEN u.user_id IS NOT NULL AND c.state <> 'confirmed' THEN format('address of user %s: the claim is not confirmed', u.user_id)
   END
   FROM (SELECT folded_email AS folded, user_id, state, claimed_at FROM email_claims) c
   FULL JOIN (SELECT ${FOLDED('email')} AS folded, user_id FROM users) u USING (folded, user_id)`,
)

/** On the text's tables: no two users share a folded name or address. */
export const usernamesUniqueAsWritten: Audit = sqlAudit(
  TITLE,
  'as-written',
  `SELECT CASE WHEN count(*) > 1 THEN format('name %s: %s users', ${FOLDED('username')}, count(*)) END AS wrong
   FROM users GROUP BY ${FOLDED('username')}
   UNION ALL
   SELECT CASE WHEN count(*) > 1 THEN format('one address: users %s', string_agg(user_id::text, ', ')) END
   FROM users GROUP BY ${FOLDED('email')}`,
)
