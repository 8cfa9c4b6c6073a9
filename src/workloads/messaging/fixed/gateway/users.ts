import { bulkhead } from 'cockatiel'
import type { Gateway } from './gateway.ts'
import { NAMES } from './names.ts'
import { Refused } from './refused.ts'
import { SELECT_USER } from './statements.ts'

/** Users that are asked for at a time. */
const AT_A_TIME = 128

/**
 * Refuses where one of the users is nobody, or its account is deleted or being deleted: rows about nobody would stay for
 * ever. A read a user, since each is a partition of its own. @throws Refused, OperationFailure
 */
export async function requireUsers(
  { cassandra, redis }: Pick<Gateway, 'cassandra' | 'redis'>,
  users: readonly bigint[],
): Promise<void> {
  if (users.length === 0) return
  const limit = bulkhead(AT_A_TIME, Infinity)
  const [[gone], ...found] = await Promise.all([
    redis.wave([['mget', ...users.map((user) => NAMES.gone(user))]]),
    ...users.map((user) => limit.execute(() => cassandra.query(SELECT_USER, [user]))),
  ])
  const isGone = Array.isArray(gone) && gone.some((mark) => mark !== null)
  if (isGone || found.some((rows) => rows.length === 0)) throw new Refused('no such user')
}
