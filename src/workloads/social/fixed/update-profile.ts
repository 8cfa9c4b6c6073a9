import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfId, shardOfKey } from '../../../core/snowflake.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { invalidateUser } from './effects.ts'
import { fold, foldWithin } from './folding.ts'
import type { Services } from './services.ts'

const LONGEST_USERNAME = 30

const updateFields: Statement = {
  name: 'social-update-profile',
  text: `
WITH changed AS (
  UPDATE users SET full_name = coalesce($3, full_name), bio = coalesce($4, bio)
  WHERE shard = $1 AND user_id = $2 RETURNING user_id, version
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT user_id, user_id, 'user.changed' FROM changed
)
SELECT version FROM changed`,
}

const claimNewName: Statement = {
  name: 'social-claim-new-name',
  text: `
WITH claimed AS (
  INSERT INTO username_claims (folded_name, user_id, shard)
  SELECT $3, user_id, $4::smallint FROM users WHERE shard = $1 AND user_id = $2
  ON CONFLICT DO NOTHING RETURNING user_id
)
SELECT u.username, EXISTS (SELECT FROM claimed)
  OR EXISTS (SELECT FROM username_claims WHERE folded_name = $3 AND user_id = $2) AS is_own
FROM users u WHERE u.shard = $1 AND u.user_id = $2`,
}

// Confirms the new claim and releases the old one with the row, or does nothing: another rename may have come between.
const rename: Statement = {
  name: 'social-rename',
  text: `
WITH held AS (
  SELECT user_id FROM username_claims WHERE folded_name = $6 AND user_id = $2 FOR UPDATE
), changed AS (
  UPDATE users u SET full_name = coalesce($3, full_name), bio = coalesce($4, bio), username = $5
  FROM held WHERE u.shard = $1 AND u.user_id = held.user_id AND u.username = $7 RETURNING u.user_id, u.version
), confirmed AS (
  UPDATE username_claims c SET state = 'confirmed' FROM changed WHERE c.folded_name = $6
), released AS (
  DELETE FROM username_claims c USING changed WHERE c.folded_name = $8 AND $8 <> $6 AND c.user_id = changed.user_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT user_id, user_id, 'user.changed' FROM changed
)
SELECT version FROM changed`,
}

interface ProfileUpdate {
  readonly userId: bigint
  readonly fullName: string | null
  readonly bio: string | null
  readonly username: string | null
}

async function changeName(
  services: Services,
  request: ProfileUpdate,
  username: string,
  context: Context,
): Promise<number> {
  const { userId, fullName, bio } = request
  const { postgres } = services
  const shard = shardOfId(userId)
  const name = foldWithin(username, LONGEST_USERNAME)
  const [claim] = await postgres.query<{ username: string; is_own: boolean }>(
    claimNewName,
    [shard, userId, name, shardOfKey(name)],
    context.cost,
  )
  if (claim === undefined) throw new Refusal('not-found')
  if (!claim.is_own) throw new Refusal('taken')
  await context.faultPoint('rename.claimed')
  const former = claim.username
  const [row] = await postgres.query<{ version: number }>(
    rename,
    [shard, userId, fullName, bio, username, name, former, fold(former)],
    context.cost,
  )
  if (row === undefined)
    throw new OperationFailure('conflict', `user ${userId} was renamed by somebody else meanwhile`)
  return row.version
}

/**
 * Updates a profile; null leaves a field as it is. A new username is claimed first and the old one released with the
 * change (S-09); copies of the name follow by the outbox (S-17); every process forgets the cached profile (S-32).
 * @throws Refusal `not-found`, `taken` or `invalid`; OperationFailure `conflict` when two renames of one user meet
 */
export async function updateProfile(
  services: Services,
  request: ProfileUpdate,
  context: Context,
): Promise<{ version: number }> {
  const { userId, fullName, bio, username } = request
  let version: number | undefined
  if (username === null) {
    const values = [shardOfId(userId), userId, fullName, bio]
    const [row] = await services.postgres.query<{ version: number }>(updateFields, values, context.cost)
    version = row?.version
  } else {
    version = await changeName(services, request, username, context)
  }
  if (version === undefined) throw new Refusal('not-found')
  await invalidateUser(services, userId, context.cost)
  return { version }
}
