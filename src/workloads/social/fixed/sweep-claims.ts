import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'

const sweepNames: Statement = {
  name: 'social-sweep-names',
  text: `
DELETE FROM username_claims WHERE state = 'claimed' AND claimed_at < statement_timestamp() - make_interval(secs => $1)
RETURNING folded_name`,
}

const sweepEmails: Statement = {
  name: 'social-sweep-emails',
  text: `
DELETE FROM email_claims WHERE state = 'claimed' AND claimed_at < statement_timestamp() - make_interval(secs => $1)
RETURNING folded_email`,
}

/**
 * Ends claims that a crash left without a user: those still unconfirmed after `olderThanSeconds` (S-09). A user is
 * created and its claims confirmed in one statement that holds them, so that no claim in use is ended. Answers how many.
 */
export async function sweepClaims(queries: PostgresQueries, olderThanSeconds: number): Promise<number> {
  const names = await queries.query(sweepNames, [olderThanSeconds])
  const emails = await queries.query(sweepEmails, [olderThanSeconds])
  return names.length + emails.length
}
