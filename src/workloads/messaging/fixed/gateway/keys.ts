import { randomUUID } from 'node:crypto'
import { OperationFailure } from '../../../../core/errors.ts'
import type { DeviceAddress } from '../../population.ts'
import type { Answers } from '../../protocol/answers.ts'
import { partsOf } from '../../protocol/requests.ts'
import type { RequestOf } from '../../protocol/requests.ts'
import { keyEntry } from './entries.ts'
import type { KeyPayload } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'
import { Refused } from './refused.ts'
import { takeKey } from './scripts.ts'
import { ENTRY_SECONDS } from './send.ts'
import {
  CLAIM_PACKAGE,
  DELETE_WAITING_KEY,
  INSERT_PACKAGE,
  INSERT_WAITING_KEY,
  SELECT_DEVICE,
  SELECT_PACKAGES,
} from './statements.ts'

/** Claims that another one may take first before the last resort is handed out. */
const ATTEMPTS = 4

/** Reads an address that the schema let pass. */
export function parseAddress(address: string): DeviceAddress {
  const [user = '', device = ''] = address.split(':')
  return { user: BigInt(user), device: Number(device) }
}

/** Keeps key packages that a device uploads: one write, since they are of one partition. @throws Refused, OperationFailure */
export async function uploadPackages(
  { cassandra }: Gateway,
  { device: { user, device } }: Session,
  { lengths }: RequestOf<'packages'>,
  body: Buffer,
  lastId: bigint,
): Promise<void> {
  const packages = partsOf(body, lengths)
  if (packages === undefined) throw new Refused('malformed')
  if (packages.length === 0) return
  await cassandra.batch(
    packages.map((each, index) => ({
      statement: INSERT_PACKAGE,
      values: [user, device, lastId + BigInt(index), each],
    })),
  )
}

interface PackageRow {
  readonly key_id: bigint
  readonly package: Uint8Array
}

interface DeviceRow {
  readonly last_resort: Uint8Array
}

/** Whether the condition gave it to who asks: one that was not answered in time may be gone, and is nobody's. */
async function isOurs(
  cassandra: Gateway['cassandra'],
  values: readonly [bigint, number, bigint],
): Promise<boolean> {
  try {
    return (await cassandra.applyIf(CLAIM_PACKAGE, values)).applied
  } catch (error) {
    if (error instanceof OperationFailure && error.kind === 'timeout') return false
    throw error
  }
}

/**
 * A key package of a device that nobody else is given: the condition decides who has it (M-13). Where none is left it is
 * the one of last resort, which several may be given; where there is no such device, nothing.
 */
async function claimOne({ cassandra, packagesFrom }: Gateway, address: string): Promise<string> {
  const { user, device } = parseAddress(address)
  // Not at what was handed out before, of which tombstones are left (M-15).
  let from = packagesFrom.get(address) ?? 0n
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await cassandra.query<PackageRow>(SELECT_PACKAGES, [user, device, from])
    // Not all who come at once ask for the same one.
    const chosen = found[Math.floor(Math.random() * found.length)]
    if (chosen === undefined) {
      if (from === 0n) break
      // By a clock that was behind some may have got lower ids.
      packagesFrom.delete(address)
      from = 0n
      continue
    }
    packagesFrom.set(address, found[0]?.key_id ?? 0n)
    if (await isOurs(cassandra, [user, device, chosen.key_id]))
      return Buffer.from(chosen.package).toString('base64')
  }
  const [row] = await cassandra.query<DeviceRow>(SELECT_DEVICE, [user, device])
  return row === undefined ? '' : Buffer.from(row.last_resort).toString('base64')
}

/** A key package of each device, in their order. @throws OperationFailure */
export async function claimPackages(
  gateway: Gateway,
  addresses: readonly string[],
): Promise<Answers['claim']> {
  return { packages: await Promise.all(addresses.map((address) => claimOne(gateway, address))) }
}

/**
 * Gives devices the key that they need to read somebody's messages. Each is in the store before the answer, so that
 * whatever waits in Redis can be lost; only members give keys, and only to members. @throws Refused, OperationFailure
 */
export async function giveKeys(
  gateway: Gateway,
  session: Session,
  { conversation, addresses, lengths }: RequestOf<'keys'>,
  body: Buffer,
): Promise<void> {
  const wrapped = partsOf(body, lengths)
  if (wrapped === undefined || wrapped.length !== addresses.length) throw new Refused('malformed')
  const { users } = await gateway.memberships.of(conversation)
  if (!users.has(session.device.user)) throw new Refused('not a member')
  const { user, device } = session.device
  const given = addresses.map((address, index) => ({
    address,
    key: randomUUID(),
    to: parseAddress(address),
    bytes: wrapped[index] ?? Buffer.alloc(0),
  }))
  if (given.some(({ to }) => !users.has(to.user))) throw new Refused('not a member')
  try {
    await Promise.all(
      given.map(({ key, to, bytes }) =>
        gateway.cassandra.query(INSERT_WAITING_KEY, [
          to.user,
          to.device,
          key,
          conversation,
          user,
          device,
          Buffer.from(session.identity, 'base64'),
          bytes,
        ]),
      ),
    )
    await queueKeys(gateway, session, conversation, given)
  } catch (error) {
    // They are sent again, under other names; of these nobody may ever hear.
    for (const { key, to } of given)
      gateway.cleanups.run(() => gateway.cassandra.query(DELETE_WAITING_KEY, [to.user, to.device, key]))
    throw error
  }
}

interface Given {
  readonly address: string
  readonly key: string
  readonly bytes: Buffer
}

/** Puts keys that are in the store into the queues of those whom they are for. @throws OperationFailure */
async function queueKeys(
  gateway: Gateway,
  session: Session,
  conversation: string,
  given: readonly Given[],
): Promise<void> {
  await gateway.redis.wave(
    given.map(({ address, key, bytes }) => {
      const payload: KeyPayload = {
        kind: 'key',
        from: session.address,
        identity: session.identity,
        conversation,
        wrapped: bytes.toString('base64'),
      }
      return gateway.redis.call(
        takeKey,
        [],
        [keyEntry(key), JSON.stringify(payload), ENTRY_SECONDS, gateway.now(), address],
      )
    }),
  )
}
