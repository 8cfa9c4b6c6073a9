import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId, shardOfKey } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { foldWithin } from './folding.ts'
import type { Services } from './services.ts'

const LONGEST_USERNAME = 30
const LONGEST_EMAIL = 255

// The address is claimed only with the name, always in this order: two racers cannot wait for each other.
const claimNames: Statement = {
  name: 'social-claim-names',
  text: `
WITH name AS (
  INSERT INTO username_claims (folded_name, user_id, shard) VALUES ($1, $5, $2) ON CONFLICT DO NOTHING RETURNING user_id
), email AS (
  INSERT INTO email_claims (folded_email, user_id, shard) SELECT $3, user_id, $4 FROM name
  ON CONFLICT DO NOTHING RETURNING user_id
)
SELECT EXISTS (SELECT FROM name) AS name, EXISTS (SELECT FROM email) AS email`,
}

const releaseName: Statement = {
  name: 'social-release-name',
  text: `DELETE FROM username_claims WHERE folded_name = $1 AND user_id = $2 AND state = 'claimed'`,
}

// Both claims are confirmed with the user's row, or nothing is: a sweeper may have ended claims that waited too long.
const createUser: Statement = {
  name: 'social-create-user',
  text: `
WITH name AS (
  SELECT user_id FROM username_claims WHERE folded_name = $1 AND user_id = $3 FOR UPDATE
), email AS (
  SELECT e.user_id FROM email_claims e, name WHERE e.folded_email = $2 AND e.user_id = $3 FOR UPDATE OF e
), created AS (
  INSERT INTO users (user_id, username, email, full_name, created_at, updated_at, shard)
  SELECT user_id, $5, $6, $7, time_of(user_id), time_of(user_id), $4 FROM email RETURNING user_id
), settings AS (
  INSERT INTO user_settings (user_id, shard) SELECT user_id, $4 FROM created
), confirmed_name AS (
  UPDATE username_claims c SET state = 'confirmed' FROM created WHERE c.folded_name = $1
), confirmed_email AS (
  UPDATE email_claims c SET state = 'confirmed' FROM created WHERE c.folded_email = $2
)
SELECT user_id FROM created`,
}

/**
 * Registers a user. Names and addresses are unique over all shards, in their folded forms: they are claimed first, then
 * the user is created and the claims are confirmed (SOC-30, SOC-31, S-09, S-10). Of racers for one name one wins.
 * @throws Refusal `taken`, or `invalid` for an empty or too long name or address
 */
export async function register(
  services: Services,
  request: { username: string; email: string; fullName: string },
  context: Context,
): Promise<{ userId: bigint }> {
  const { username, email, fullName } = request
  const { postgres } = services
  const name = foldWithin(username, LONGEST_USERNAME)
  const address = foldWithin(email, LONGEST_EMAIL)
  const userId = services.ids.next(shardOfKey(name))
  const [claims] = await postgres.query<{ name: boolean; email: boolean }>(
    claimNames,
    [name, shardOfKey(name), address, shardOfKey(address), userId],
    context.cost,
  )
  if (claims?.email !== true) {
    if (claims?.name === true) await postgres.query(releaseName, [name, userId], context.cost)
    throw new Refusal('taken')
  }
  await context.faultPoint('register.claimed')
  const created = await postgres.query(
    createUser,
    [name, address, userId, shardOfId(userId), username, email, fullName],
    context.cost,
  )
  if (created.length === 0) throw new Refusal('taken')
  return { userId }
}
