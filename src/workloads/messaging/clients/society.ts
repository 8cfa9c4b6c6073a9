import { bulkhead } from 'cockatiel'
import type { FlowEnd } from '../../../core/operation.ts'
import type { RoleHost } from '../../../core/workload.ts'
import type { Encryption } from './encryption/encryption.ts'
import type { Device, Gateways } from './device.ts'
import { newDevice } from './device.ts'
import { newMediaFetches } from './media-fetches.ts'
import type { DeviceAddress, MessagingPopulation } from '../population.ts'
import { MESSAGE_DELIVERED } from '../flows.ts'
import type { Ephemeral } from '../protocol/answers.ts'
import type { Received } from './receive.ts'

/** Devices that register or connect at a time. */
const AT_A_TIME = 8

/** What the witness calls it: a frame of a gateway that its device could not read. */
export const FRAME_UNREADABLE = 'frame.unreadable'

/** Messages of a conversation that a device shows by itself (MSG-13). */
const PAGE = 50

/** All people of a run with their devices, and what they have seen. */
export interface Society {
  readonly devices: ReadonlyMap<string, Device>
  /** The newest message of a conversation that a device has, by "device conversation". */
  readonly newest: ReadonlyMap<string, bigint>
  /** The last messages of a conversation that a device has been sent, newest first, a page at most. */
  page(address: string, conversation: string): readonly string[]
  receivedBy(address: string): number
  /** Blobs that devices have been told of and not fetched yet. */
  fetching(): number
  /** A device that is not registered yet. */
  add(address: DeviceAddress): Device
  remove(device: Device): void
  /** What came again, what nobody could read, and what was told and is kept nowhere, by its type. */
  counts(): Readonly<Record<'repeated' | 'undecryptable' | Ephemeral['type'], number>>
  close(): void
}

/** What becomes of a message at a device: the flow's end, and a line for the witness. */
function report(host: RoleHost, received: Received, nowMicros: number): void {
  const { device, from, conversation, message, part, of, plaintext, wasConnected } = received
  const end: FlowEnd = {
    flow: MESSAGE_DELIVERED,
    key: plaintext.key,
    part,
    of,
    // Who was away when it was written gets it later, and says nothing about the way.
    weight: wasConnected ? 1 : 0,
    atMicros: nowMicros,
  }
  host.flowEnds([end])
  const { key, media } = plaintext
  host.witness('message.received', {
    device,
    from,
    conversation,
    message,
    key,
    ...(media === undefined ? {} : { media: media.hash }),
  })
}

/** Makes the devices of all people; none is registered yet. */
export function buildSociety(
  population: MessagingPopulation,
  encryption: Encryption,
  gateways: Gateways,
  host: RoleHost,
): Society {
  const devices = new Map<string, Device>()
  const newest = new Map<string, bigint>()
  const pages = new Map<string, readonly string[]>()
  const received = new Map<string, number>()
  const fetches = newMediaFetches(host, (device) => devices.get(device.address) === device)
  let repeated = 0
  let undecryptable = 0
  const told = { receipt: 0, typing: 0, presence: 0 }

  function onReceived(each: Received): void {
    report(host, each, Number(process.hrtime.bigint()) / 1e3)
    const name = `${each.device} ${each.conversation}`
    const id = BigInt(each.message)
    if (id > (newest.get(name) ?? 0n)) newest.set(name, id)
    pages.set(name, [each.message, ...(pages.get(name) ?? [])].slice(0, PAGE))
    received.set(each.device, (received.get(each.device) ?? 0) + 1)
    const device = devices.get(each.device)
    if (device !== undefined && each.plaintext.media !== undefined)
      fetches.begin(device, each.plaintext.media)
  }

  let number = 0
  function add(address: DeviceAddress): Device {
    number += 1
    const made = newDevice({
      device: address,
      keys: encryption.newDevice(),
      gateways,
      number,
      observer: {
        received: onReceived,
        undecryptable(at, from, conversation, why) {
          undecryptable += 1
          host.witness('message.undecryptable', { device: at, from, conversation, why })
        },
        unreadable(at, why) {
          host.witness(FRAME_UNREADABLE, { device: at, why })
        },
        repeated() {
          repeated += 1
        },
        read(at, conversation, message) {
          host.witness('mark.read', { device: at, conversation, message: message.toString() })
        },
        told({ type }) {
          told[type] += 1
        },
        lastResort(of, fingerprint) {
          host.witness('package.last-resort', { of, fingerprint })
        },
        claimed(of, fingerprint) {
          host.witness('package.claimed', { of, fingerprint })
        },
      },
    })
    devices.set(made.address, made)
    return made
  }

  for (let user = 0; user < population.size; user += 1)
    for (let device = 1; device <= population.devicesOf(user); device += 1)
      add({ user: population.userId(user), device })
  return {
    devices,
    newest,
    page: (address, conversation) => pages.get(`${address} ${conversation}`) ?? [],
    receivedBy: (address) => received.get(address) ?? 0,
    fetching: () => fetches.underWay(),
    add,
    remove(device) {
      devices.delete(device.address)
      device.close()
    },
    counts: () => ({ repeated, undecryptable, ...told }),
    close() {
      for (const device of devices.values()) device.close()
      devices.clear()
    },
  }
}

async function atMost<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const limit = bulkhead(AT_A_TIME, Infinity)
  await Promise.all(items.map((item) => limit.execute(() => work(item))))
}

/** Each user's first device. */
const FIRST = ':1'

/** Registers all devices, the first of each user before the others, and connects those that are not away (M-12, M-13). @throws OperationFailure */
export async function joinAll({ devices }: Society, isAway: (index: number) => boolean): Promise<void> {
  const all = [...devices.values()]
  const [first = [], further = []] = [true, false].map((isFirst) =>
    all.filter(({ address }) => address.endsWith(FIRST) === isFirst),
  )
  await atMost(first, (device) => device.register())
  await atMost(further, (device) =>
    device.register(devices.get(device.address.replace(/:\d+$/, FIRST))?.voucher),
  )
  await atMost(
    all.filter((_, index) => !isAway(index)),
    (device) => device.arrive(),
  )
}

/** Brings back whoever is away: what waits for them is part of the run. @returns whether all are here */
export async function returnAll({ devices }: Society): Promise<boolean> {
  const away = [...devices.values()].filter(({ isOnline }) => !isOnline)
  await atMost(away, (device) => device.arrive().catch(() => undefined))
  return [...devices.values()].every(({ isOnline }) => isOnline)
}
