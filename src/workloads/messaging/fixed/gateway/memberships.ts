import { createHash, randomUUID } from 'node:crypto'
import { bulkhead } from 'cockatiel'
import { LRUCache } from 'lru-cache'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { addressOf } from '../../population.ts'
import { rowsOf } from '../../rows.ts'
import type { Addressee } from '../../protocol/answers.ts'
import { idOfTime } from './entries.ts'
import { NAMES } from './names.ts'
import { changeState } from './scripts.ts'
import { SELECT_DEVICES, SELECT_MEMBERS } from './statements.ts'

/** Members of conversations that a gateway remembers. */
const KEPT_MEMBERS = 200_000
const KEPT_USERS = 100_000
/** Users of a large group whose devices are asked for at a time. */
const AT_A_TIME = 128

/** Who is in a conversation, and which of its states that is: any change makes another one. */
export interface Membership {
  /** As Redis has it. */
  readonly state: string
  /**
   * What devices call it: a state as somebody saw it. While a device registers there is a moment in which one gateway has
   * seen it in a state and another one has not: who writes to what one has seen has not given its key to all that the other
   * one would send it to (M-26).
   */
  readonly view: string
  readonly users: ReadonlySet<bigint>
  readonly devices: readonly Addressee[]
}

/** Who is in which conversation, as this gateway last read it. A message is taken only by the state that Redis has. */
export interface Memberships {
  /** @throws OperationFailure */
  of(conversation: string): Promise<Membership>
  /**
   * Who takes part has changed: what was remembered is forgotten everywhere. Answers the last message that was taken before;
   * undefined where Redis does not know it. @throws OperationFailure
   */
  changed(conversation: string): Promise<bigint | undefined>
  forget(conversation: string): void
  /** What has changed may not have been told. */
  forgetAll(): void
  /** A device was added or removed: told before the conversations of its user change. @throws OperationFailure */
  devicesChanged(user: bigint): Promise<void>
}

interface MemberRow {
  readonly user_id: bigint
}

interface DeviceRow {
  readonly device_id: number
  readonly identity_key: Uint8Array
}

/** Opens a gateway's view of who is in which conversation. */
export function openMemberships(cassandra: CassandraClient, redis: RedisClient): Memberships {
  const known = new LRUCache<string, Membership>({
    maxSize: KEPT_MEMBERS,
    sizeCalculation: ({ devices }) => devices.length + 1,
  })
  const devices = new LRUCache<string, readonly Addressee[]>({ max: KEPT_USERS })
  const loading = new Map<string, Promise<Membership>>()

  /** @param version that Redis has of the user's devices: what is remembered is of one version */
  async function devicesOf(user: bigint, version: string): Promise<readonly Addressee[]> {
    const id = `${user} ${version}`
    const remembered = devices.get(id)
    if (remembered !== undefined) return remembered
    const rows = await cassandra.query<DeviceRow>(SELECT_DEVICES, [user])
    const found = rows.map(({ device_id: device, identity_key: identity }) => ({
      address: addressOf({ user, device }),
      identity: Buffer.from(identity).toString('base64'),
    }))
    devices.set(id, found)
    return found
  }

  /**
   * The version that Redis has of each user's devices. One that it lost, or never had, is given before the devices are read:
   * what is remembered of a user without any would hold after the next loss too.
   */
  async function versionsOf(users: readonly bigint[]): Promise<readonly string[]> {
    if (users.length === 0) return []
    const names = users.map((user) => NAMES.devices(user))
    const [versions] = await redis.wave([['mget', ...names]])
    const known = Array.isArray(versions) ? versions : []
    const lacking = names.filter((_, index) => known[index] === null)
    if (lacking.length === 0) return known.map(String)
    const given = lacking.map((name) => ['set', name, randomUUID(), 'NX'] as const)
    const replies = await redis.wave([...given, ['mget', ...names]])
    const all = replies.at(-1)
    return Array.isArray(all) ? all.map(String) : []
  }

  /** The state is read before the members: one that changes in between makes a message wait for another look. */
  async function load(conversation: string): Promise<Membership> {
    const name = NAMES.state(conversation)
    const [, state] = await redis.wave([
      ['set', name, randomUUID(), 'NX'],
      ['get', name],
    ])
    const rows = await rowsOf<MemberRow>(cassandra, SELECT_MEMBERS, [conversation])
    const users = rows.map(({ user_id: user }) => user)
    const versions = await versionsOf(users)
    const limit = bulkhead(AT_A_TIME, Infinity)
    const asked = users.map((user, index) => limit.execute(() => devicesOf(user, versions[index] ?? '')))
    const found = (await Promise.all(asked)).flat()
    const seen = [String(state), ...found.map(({ address }) => address)].join(' ')
    const membership = {
      state: String(state),
      view: createHash('sha256').update(seen).digest('base64url'),
      users: new Set(users),
      devices: found,
    }
    return membership
  }

  function forget(conversation: string): void {
    known.delete(conversation)
    loading.delete(conversation)
  }

  return {
    of(conversation) {
      const remembered = known.get(conversation)
      if (remembered !== undefined) return Promise.resolve(remembered)
      const underWay = loading.get(conversation)
      if (underWay !== undefined) return underWay
      const answer = load(conversation)
      loading.set(conversation, answer)
      // What was forgotten meanwhile is loaded anew, and must not be remembered as it was.
      const isCurrent = (): boolean => loading.get(conversation) === answer
      answer.then(
        (membership) => {
          if (!isCurrent()) return
          known.set(conversation, membership)
          loading.delete(conversation)
        },
        () => isCurrent() && loading.delete(conversation),
      )
      return answer
    },
    async changed(conversation) {
      const names = [NAMES.state(conversation), NAMES.last(conversation)]
      const change = redis.call(changeState, names, [randomUUID(), NAMES.changed, conversation])
      const [last] = await redis.wave([change])
      forget(conversation)
      return last === '' ? undefined : idOfTime(String(last))
    },
    forget,
    forgetAll() {
      known.clear()
      loading.clear()
    },
    async devicesChanged(user) {
      await redis.wave([['set', NAMES.devices(user), randomUUID()]])
    },
  }
}
