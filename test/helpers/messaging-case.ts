// The fixed messaging case in a test or a soak: two gateways, each with connections of its own, and all devices in this
// process, on real stores.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Refusal } from '../../src/core/errors.ts'
import type { FlowEnd, JournalKeys } from '../../src/core/operation.ts'
import type { StoreEndpoint, Stores } from '../../src/core/store.ts'
import type { RoleHost } from '../../src/core/workload.ts'
import { startRole } from '../../src/session/role.ts'
import type { RoleHandle } from '../../src/session/role.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { acquaint } from '../../src/workloads/messaging/clients/acquaintance.ts'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'
import type { MessageKind } from '../../src/workloads/messaging/clients/plaintext.ts'
import { send } from '../../src/workloads/messaging/clients/send.ts'
import type { Sent } from '../../src/workloads/messaging/clients/send.ts'
import { buildSociety, joinAll } from '../../src/workloads/messaging/clients/society.ts'
import type { Society } from '../../src/workloads/messaging/clients/society.ts'
import type { Coalescing } from '../../src/workloads/messaging/fixed/gateway/pages.ts'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import type { RunningGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { BUCKET_MESSAGES } from '../../src/workloads/messaging/ids.ts'
import { addressOf, buildPopulation } from '../../src/workloads/messaging/population.ts'
import type { MessagingPopulation } from '../../src/workloads/messaging/population.ts'
import { seedFixed } from '../../src/workloads/messaging/seed/seed.ts'
import { messagingStores } from '../../src/workloads/messaging/stores.ts'
import type { MessagingStores } from '../../src/workloads/messaging/stores.ts'
import { eventually } from './context.ts'

const SEED = 1
const PATIENCE_MS = 60_000
/** The names of the gateways. */
export const GATEWAYS: readonly string[] = ['gateway-1', 'gateway-2']

/** A line that a device gave the witness. */
export interface WitnessLine {
  readonly operation: string
  readonly keys: JournalKeys
}

/** A message that was said, and what became of it. */
export interface Said extends Sent {
  readonly key: string
  readonly from: string
  readonly conversation: string
}

export interface MessagingCase {
  readonly home: string
  readonly endpoints: readonly StoreEndpoint[]
  readonly stores: Stores
  readonly own: MessagingStores
  readonly people: MessagingPopulation
  readonly society: Society
  readonly gateways: readonly RunningGateway[]
  /** The same where they are processes: they can be killed. */
  readonly processes: readonly RoleHandle[]
  /** What devices told the witness, and the ends of flows, in the order in which they came. */
  readonly lines: WitnessLine[]
  readonly ends: FlowEnd[]
  /** Is told each line as it comes, in the place of who was told before. */
  watch(listener: (line: WitnessLine) => void): void
  /** A device of the n-th user. */
  device(user: number, device?: number): Device
  /** All devices of the n-th user. */
  devicesOf(user: number): readonly Device[]
  /** Says something; `key` names it. */
  say(
    device: Device,
    conversation: string,
    say?: { readonly key?: string; readonly repeats?: boolean; readonly kind?: MessageKind },
  ): Promise<Said>
  /** Keys of the messages of a conversation that a device has shown, in that order. */
  shown(device: Device, conversation: string): string[]
  /** Cuts a device's connection, and resolves when its gateway has noticed. */
  leave(device: Device): Promise<void>
  /** Resolves when nothing waits for any device that is here, blobs have been fetched, and gateways have written all that they hold. */
  settled(): Promise<void>
  /** How many entries wait for a device: in Redis and in the store. */
  waiting(device: Device): Promise<number>
  /**
   * Starts one of the gateways that are processes again, in the place of the one that was killed or stopped: where that
   * was, or in a data centre that is named.
   */
  startGateway(index: number, datacenter?: string): Promise<void>
  /** Ends devices and gateways; the stores run on. */
  close(): Promise<void>
}

/** Stores that run, and clients of them. */
export interface StartedStores {
  readonly home: string
  readonly endpoints: readonly StoreEndpoint[]
  readonly stores: Stores
}

/** How the case is begun. */
export interface MessagingOptions {
  /** Users; by default 12. */
  readonly size?: number
  /** Milliseconds by which the clock of the second gateway is behind. */
  readonly behindMs?: number
  /** What a bucket of a conversation takes; as in a run where it is absent. */
  readonly bucketMessages?: number
  /** Whether gateways drop what all devices have taken (M-18). */
  readonly forwardsOnly?: boolean
  /** Which reads of a page share one answer; those of a gateway where it is absent. */
  readonly coalescing?: Coalescing
  /** Whether gateways are processes of their own, which can be killed. */
  readonly apart?: boolean
}

/** What ends what was begun, the newest first, whatever happens to the others. */
type Ends = (() => unknown)[]

async function openGateways(
  endpoints: readonly StoreEndpoint[],
  {
    behindMs = 0,
    bucketMessages = BUCKET_MESSAGES,
    forwardsOnly = false,
    coalescing = 'on',
  }: MessagingOptions,
  ends: Ends,
): Promise<readonly RunningGateway[]> {
  const open = async (name: string, behind: number): Promise<RunningGateway> => {
    const stores = await connectStores(endpoints, { poolSize: 4, applicationName: `arch test ${name}` })
    ends.push(() => closeStores(stores))
    const gateway = await openGateway({
      name,
      stores,
      behindMs: behind,
      coalescing,
      bucketMessages,
      forwardsOnly,
    })
    ends.push(() => gateway.close())
    return gateway
  }
  return [await open('gateway-1', 0), await open('gateway-2', behindMs)]
}

/** The same endpoints, as a client in a data centre sees them. */
export function endpointsIn(
  endpoints: StartedStores['endpoints'],
  datacenter: string,
): StartedStores['endpoints'] {
  return endpoints.map((each) => (each.store === 'cassandra' ? { ...each, datacenter } : each))
}

function startGateway(
  role: string,
  { endpoints, home }: StartedStores,
  forwardsOnly: boolean,
): Promise<RoleHandle> {
  return startRole(
    {
      workload: 'messaging',
      variant: 'fixed',
      role,
      population: { seed: SEED, size: 0 },
      choice: forwardsOnly ? { retention: 'forward-only' } : {},
      endpoints,
      journalFolder: join(home, 'journal'),
      killAt: [],
    },
    join(home, `${role}.log`),
    { ends: () => undefined, failed: () => undefined },
  )
}

async function portsOf({ redis }: MessagingStores): Promise<readonly number[]> {
  const [ports] = await redis.wave([['hvals', 'gateways']])
  return Array.isArray(ports) ? ports.map(Number) : []
}

const QUEUED = {
  text: 'SELECT bucket FROM device_queue_buckets WHERE user_id = ? AND device_id = ?',
  idempotent: true,
}
const ENTRIES = {
  text: 'SELECT position FROM device_queue WHERE user_id = ? AND device_id = ? AND bucket = ?',
  idempotent: true,
}

async function entriesInStore({ cassandra }: MessagingStores, address: string): Promise<number> {
  const [user = '', device = ''] = address.split(':')
  const values = [BigInt(user), Number(device)] as const
  const buckets = await cassandra.query<{ readonly bucket: number }>(QUEUED, values)
  const found = await Promise.all(buckets.map(({ bucket }) => cassandra.query(ENTRIES, [...values, bucket])))
  return found.flat().length
}

/** Tables anew, an empty Redis, two gateways, and everybody registered, acquainted and connected. */
export async function makeMessaging(
  started: StartedStores,
  options: MessagingOptions = {},
): Promise<MessagingCase> {
  const { size = 12, apart = false, forwardsOnly = false } = options
  const { stores, endpoints, home } = started
  const own = messagingStores(stores, 'fixed')
  const beginnings: Ends = []
  await seedFixed(stores, { seed: SEED, size }, () => undefined)
  const processes: RoleHandle[] = []
  /** The stores as gateways see them, where that is not how all do. */
  const places: StartedStores[] = []
  if (apart) for (const name of GATEWAYS) processes.push(await startGateway(name, started, forwardsOnly))
  beginnings.push(() => Promise.all(processes.map((handle) => handle.stop())))
  const gateways = apart ? [] : await openGateways(endpoints, options, beginnings)
  const people = buildPopulation({ seed: SEED, size })
  const lines: WitnessLine[] = []
  const shown = new Map<string, string[]>()
  const ends: FlowEnd[] = []
  let onLine: (line: WitnessLine) => void = () => undefined
  const host: RoleHost = {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness(operation, keys) {
      const line = { operation, keys }
      lines.push(line)
      if (operation === 'message.received') {
        const name = `${keys['device']} ${keys['conversation']}`
        const known = shown.get(name)
        if (known === undefined) shown.set(name, [String(keys['key'])])
        else known.push(String(keys['key']))
      }
      onLine(line)
    },
    faultPoint: () => undefined,
  }
  const society = buildSociety(people, await openEncryption(), () => portsOf(own), host)
  beginnings.push(() => society.close())
  acquaint(society, people)
  await joinAll(society, () => false)

  function device(user: number, number = 1): Device {
    const found = society.devices.get(addressOf({ user: people.userId(user), device: number }))
    if (found === undefined) throw new Error(`user ${user} has no device ${number}`)
    return found
  }

  const messaging: MessagingCase = {
    home,
    endpoints,
    stores,
    own,
    people,
    society,
    gateways,
    processes,
    lines,
    ends,
    watch(listener) {
      onLine = listener
    },
    device,
    devicesOf: (user) =>
      [...society.devices.values()].filter(({ address }) => address.startsWith(`${people.userId(user)}:`)),
    async say(from, conversation, { key = randomUUID(), repeats = false, kind = 'text' } = {}) {
      const deadlineAt = performance.now() + PATIENCE_MS
      const sent = await send(from, { conversation, key, kind, mediaBytes: 1_000, repeats, deadlineAt })
      return { ...sent, key, from: from.address, conversation }
    },
    shown: ({ address }, conversation) => [...(shown.get(`${address} ${conversation}`) ?? [])],
    async leave(leaving) {
      leaving.leave()
      await eventually(async () => (await own.redis.wave([['exists', `route:${leaving.address}`]]))[0] === 0)
    },
    async settled() {
      await eventually(async () => {
        const here = [...society.devices.values()].filter(({ isOnline }) => isOnline)
        const left = await Promise.all(here.map((each) => messaging.waiting(each)))
        return left.every((count) => count === 0)
      })
      await eventually(() => society.fetching() === 0)
      for (const gateway of gateways) await eventually(() => gateway.drained())
      for (const handle of processes) if (handle.alive()) await eventually(() => handle.drained())
    },
    async waiting({ address }) {
      const [inRedis] = await own.redis.wave([['zcard', `queue:${address}`]])
      return Number(inRedis) + (await entriesInStore(own, address))
    },
    async startGateway(index, datacenter) {
      if (datacenter !== undefined)
        places[index] = { ...started, endpoints: endpointsIn(endpoints, datacenter) }
      const handle = await startGateway(GATEWAYS[index] ?? '', places[index] ?? started, forwardsOnly)
      processes[index] = handle
    },
    async close() {
      for (const end of beginnings.toReversed()) await end()
    },
  }
  return messaging
}

/** Why something was refused; any other end is told as it is. */
export function refusal(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
  )
}

/** The keys of what others said, in the order of the conversation. */
export function keysFor(device: Device, said: readonly Said[]): string[] {
  return said
    .filter(({ from }) => from !== device.address)
    .toSorted((one, other) => (BigInt(one.message) < BigInt(other.message) ? -1 : 1))
    .map(({ key }) => key)
}
