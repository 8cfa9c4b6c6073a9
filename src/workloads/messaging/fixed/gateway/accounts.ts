import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Answers } from '../../protocol/answers.ts'
import { addressOf } from '../../population.ts'
import type { DeviceAddress } from '../../population.ts'
import { partsOf } from '../../protocol/requests.ts'
import type { RequestOf, Voucher } from '../../protocol/requests.ts'
import type { Gateway } from './gateway.ts'
import { NAMES } from './names.ts'
import { Refused } from './refused.ts'
import { CLAIM_USER, INSERT_DEVICE, SELECT_DEVICE, SELECT_INBOX } from './statements.ts'

interface UserRow {
  readonly first_device: number | null
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/**
 * Whether a user's device may come: the first one of all, or one that another one vouches for. Else a stranger would be
 * given the keys of whoever writes to the user. @throws Refused, OperationFailure
 */
async function admit(
  gateway: Gateway,
  { user, device }: DeviceAddress,
  by: Voucher | undefined,
  at: Date,
): Promise<void> {
  if (by !== undefined) {
    await authenticate(gateway, { user, device: by.device }, by.token)
    return
  }
  const { applied, found } = await gateway.cassandra.applyIf<UserRow>(CLAIM_USER, [at, device, user])
  // The first one may come again where its registration was not finished.
  if (!applied && found?.first_device !== device) throw new Refused('unknown device')
}

/**
 * Registers a device of a user. Whoever writes to the user's conversations from now on writes to it too.
 * @throws Refused where there is such a device, or none of the user's vouches for it; OperationFailure
 */
export async function registerDevice(
  gateway: Gateway,
  { user: id, device, lengths, by }: RequestOf<'register'>,
  body: Buffer,
): Promise<Answers['register']> {
  const [identity, lastResort] = partsOf(body, lengths) ?? []
  if (identity === undefined || lastResort === undefined) throw new Refused('malformed')
  const user = BigInt(id)
  const at = new Date(gateway.now())
  await admit(gateway, { user, device }, by, at)
  const token = randomBytes(32).toString('base64url')
  const { applied } = await gateway.cassandra.applyIf(INSERT_DEVICE, [
    user,
    device,
    identity,
    lastResort,
    hashOf(token),
    at,
  ])
  if (!applied) throw new Refused('already registered')
  // Nothing was ever sent to it: its queue is whole. Its user is there, whoever has deleted the account before.
  await gateway.redis.wave([
    ['set', NAMES.built(addressOf({ user, device })), 1],
    ['del', NAMES.gone(user)],
  ])
  await gateway.memberships.devicesChanged(user)
  const rows = await gateway.cassandra.query<{ readonly conversation_id: string }>(SELECT_INBOX, [user])
  await Promise.all(rows.map((row) => gateway.memberships.changed(row.conversation_id)))
  return { token }
}

interface DeviceRow {
  readonly identity_key: Uint8Array
  readonly token_hash: Uint8Array
}

/** Base64 of the device's identity key, where the token is the device's. @throws Refused, OperationFailure */
export async function authenticate(
  { cassandra }: Gateway,
  { user, device }: DeviceAddress,
  token: string,
): Promise<string> {
  const [row] = await cassandra.query<DeviceRow>(SELECT_DEVICE, [user, device])
  if (row === undefined || !timingSafeEqual(hashOf(token), row.token_hash))
    throw new Refused('unknown device')
  return Buffer.from(row.identity_key).toString('base64')
}

/** Refuses a device that is not registered any more. @throws Refused, OperationFailure */
export async function requireDevice({ cassandra }: Gateway, { user, device }: DeviceAddress): Promise<void> {
  const found = await cassandra.query(SELECT_DEVICE, [user, device])
  if (found.length === 0) throw new Refused('unknown device')
}
