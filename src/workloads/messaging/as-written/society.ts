import type { RoleHost } from '../../../core/workload.ts'
import { MESSAGE_DELIVERED } from '../flows.ts'
import type { DeviceAddress, MessagingPopulation } from '../population.ts'
import { addressOf } from '../population.ts'
import { keyOf } from './content.ts'
import { newPollingDevice } from './device.ts'
import type { PollingDevice } from './device.ts'
import type { TextMessage } from './requests.ts'
import { timeUuidNumber } from './time-uuid.ts'

/** Spreads the devices' seconds: the golden ratio leaves no two at the same moment. */
const SPREAD = 0.618_033_988_75

/** A message on its way, as the devices' process knows it. */
interface OnItsWay {
  readonly writtenMicros: number
  /** The devices of the others when it was written: the parts of its way. */
  readonly to: readonly string[]
}

/** All people of a run with their devices. */
export interface TextSociety {
  readonly devices: ReadonlyMap<string, PollingDevice>
  /** Who else is in a conversation of the population: the text's server does not know (M-12). */
  othersIn(conversation: string, user: bigint): readonly bigint[]
  /** Somebody writes a message now. @returns to how many devices it goes */
  writes(key: string, recipients: readonly bigint[]): number
  receivedBy(address: string): number
  /** A device that is not connected yet. */
  add(device: DeviceAddress): PollingDevice
  remove(device: PollingDevice): void
  close(): void
}

function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1e3
}

/** Makes the devices of all people; none is connected yet. */
export function buildTextSociety(
  population: MessagingPopulation,
  serverPort: () => Promise<number>,
  host: RoleHost,
): TextSociety {
  const conversations = new Map<string, readonly bigint[]>()
  for (let index = 0; index < population.pairs + population.groups; index += 1)
    conversations.set(
      population.conversationId(index),
      population.membersOf(index).map((user) => population.userId(user)),
    )
  const devices = new Map<string, PollingDevice>()
  const devicesOf = new Map<bigint, string[]>()
  const received = new Map<string, number>()
  const onTheirWay = new Map<string, OnItsWay>()

  function onReceived(
    address: string,
    conversation: string,
    { message, from, content }: TextMessage,
    connectedAtMicros: number,
  ): void {
    const key = keyOf(content)
    const { to, writtenMicros } = onTheirWay.get(key) ?? { to: [], writtenMicros: 0 }
    const part = to.indexOf(address)
    // A device that came later finds what was said before it: no part of the way.
    if (part >= 0)
      host.flowEnds([
        {
          flow: MESSAGE_DELIVERED,
          key,
          part,
          of: to.length,
          // Who was away when it was written gets it later, and says nothing about the way.
          weight: connectedAtMicros < writtenMicros ? 1 : 0,
          atMicros: nowMicros(),
        },
      ])
    const number = timeUuidNumber(message).toString()
    host.witness('message.received', { device: address, from, conversation, message: number, key })
    received.set(address, (received.get(address) ?? 0) + 1)
  }

  function add(device: DeviceAddress): PollingDevice {
    const address = addressOf(device)
    const made = newPollingDevice({
      device,
      serverPort,
      offset: (devices.size * SPREAD) % 1,
      received: (conversation, message, connectedAt) =>
        onReceived(address, conversation, message, connectedAt),
    })
    devices.set(address, made)
    devicesOf.set(device.user, [...(devicesOf.get(device.user) ?? []), address])
    return made
  }

  for (let user = 0; user < population.size; user += 1)
    for (let device = 1; device <= population.devicesOf(user); device += 1)
      add({ user: population.userId(user), device })
  return {
    devices,
    othersIn: (conversation, user) =>
      (conversations.get(conversation) ?? []).filter((other) => other !== user),
    writes(key, recipients) {
      const to = recipients.flatMap((user) => devicesOf.get(user) ?? [])
      onTheirWay.set(key, { writtenMicros: nowMicros(), to })
      return to.length
    },
    receivedBy: (address) => received.get(address) ?? 0,
    add,
    remove(device) {
      device.leave()
      devices.delete(device.address)
      devicesOf.delete(device.user)
    },
    close() {
      for (const device of devices.values()) device.leave()
    },
  }
}
