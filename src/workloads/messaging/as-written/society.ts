import type { RoleHost } from '../../../core/workload.ts'
import { MESSAGE_DELIVERED } from '../flows.ts'
import type { MessagingPopulation } from '../population.ts'
import { addressOf } from '../population.ts'
import { keyOf } from './content.ts'
import { newPollingDevice } from './device.ts'
import type { PollingDevice } from './device.ts'
import type { TextMessage } from './requests.ts'
import { timeUuidNumber } from './time-uuid.ts'

/** Spreads the devices' seconds: the golden ratio leaves no two at the same moment. */
const SPREAD = 0.618_033_988_75

/** A conversation as those who are in it know it. */
interface Members {
  readonly users: readonly bigint[]
  readonly devices: readonly { readonly user: bigint; readonly address: string }[]
}

/** All people of a run with their devices. */
export interface TextSociety {
  readonly devices: ReadonlyMap<string, PollingDevice>
  /** Who else is in a conversation: the text's server does not know (M-12). */
  othersIn(conversation: string, user: bigint): readonly bigint[]
  /** The devices of the others, in an order of their own: the parts of a message's way. */
  othersDevices(conversation: string, user: bigint): readonly string[]
  /** Somebody writes a message now. */
  writes(key: string): void
  receivedBy(address: string): number
  close(): void
}

function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1e3
}

function membersOf(population: MessagingPopulation, conversation: number): Members {
  const users = population.membersOf(conversation)
  return {
    users: users.map((user) => population.userId(user)),
    devices: users.flatMap((index) => {
      const user = population.userId(index)
      return Array.from({ length: population.devicesOf(index) }, (_, device) => ({
        user,
        address: addressOf({ user, device: device + 1 }),
      }))
    }),
  }
}

/** Makes the devices of all people; none is connected yet. */
export function buildTextSociety(
  population: MessagingPopulation,
  serverPort: () => Promise<number>,
  host: RoleHost,
): TextSociety {
  const conversations = new Map<string, Members>()
  for (let index = 0; index < population.pairs + population.groups; index += 1)
    conversations.set(population.conversationId(index), membersOf(population, index))
  const devices = new Map<string, PollingDevice>()
  const received = new Map<string, number>()
  const writtenAt = new Map<string, number>()

  function othersDevices(conversation: string, user: bigint): readonly string[] {
    const all = conversations.get(conversation)?.devices ?? []
    return all.filter((device) => device.user !== user).map(({ address }) => address)
  }

  function onReceived(
    address: string,
    conversation: string,
    { message, from, content }: TextMessage,
    connectedAtMicros: number,
  ): void {
    const key = keyOf(content)
    const others = othersDevices(conversation, BigInt(from))
    host.flowEnds([
      {
        flow: MESSAGE_DELIVERED,
        key,
        part: others.indexOf(address),
        of: others.length,
        // Who was away when it was written gets it later, and says nothing about the way.
        weight: connectedAtMicros < (writtenAt.get(key) ?? 0) ? 1 : 0,
        atMicros: nowMicros(),
      },
    ])
    const number = timeUuidNumber(message).toString()
    host.witness('message.received', { device: address, from, conversation, message: number, key })
    received.set(address, (received.get(address) ?? 0) + 1)
  }

  for (let user = 0; user < population.size; user += 1) {
    for (let device = 1; device <= population.devicesOf(user); device += 1) {
      const own = { user: population.userId(user), device }
      const address = addressOf(own)
      const made = newPollingDevice({
        device: own,
        serverPort,
        offset: (devices.size * SPREAD) % 1,
        received: (conversation, message, connectedAt) =>
          onReceived(address, conversation, message, connectedAt),
      })
      devices.set(address, made)
    }
  }
  return {
    devices,
    othersIn: (conversation, user) =>
      (conversations.get(conversation)?.users ?? []).filter((other) => other !== user),
    othersDevices,
    writes: (key) => writtenAt.set(key, nowMicros()),
    receivedBy: (address) => received.get(address) ?? 0,
    close() {
      for (const device of devices.values()) device.leave()
    },
  }
}
