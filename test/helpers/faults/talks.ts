// Conversations of two under faults: one says things, the devices of the other are away, are cut off, come back.
import { randomUUID } from 'node:crypto'
import { OperationFailure } from '../../../src/core/errors.ts'
import type { Device } from '../../../src/workloads/messaging/clients/device.ts'
import { eventually } from '../context.ts'
import { keysFor } from '../messaging-case.ts'
import type { MessagingCase, Said } from '../messaging-case.ts'
import { countShown } from './message-tally.ts'
import type { MessageTally } from './message-tally.ts'

/** Two people, and what one of them has said to the other in a round. */
export interface Talk {
  readonly conversation: string
  readonly sender: Device
  /** All devices of the other one. */
  readonly readers: readonly Device[]
  readonly devices: readonly Device[]
  readonly said: Said[]
  /** Keys of what was sent without an answer. */
  readonly unknown: Set<string>
  /** How many messages each device had shown before, by its address. */
  readonly before: ReadonlyMap<string, number>
}

/** Conversations of two, so many at most, nobody in two of them. */
export function beginTalks(messaging: MessagingCase, most: number): Talk[] {
  const { people } = messaging
  const talks: Talk[] = []
  const taken = new Set<number>()
  for (let index = 0; index < people.pairs && talks.length < most; index += 1) {
    const members = people.membersOf(index)
    const [one = 0, other = 0] = members
    if (members.some((user) => taken.has(user))) continue
    for (const user of members) taken.add(user)
    const conversation = people.conversationId(index)
    const devices = members.flatMap((user) => messaging.devicesOf(user))
    talks.push({
      conversation,
      sender: messaging.device(one),
      readers: messaging.devicesOf(other),
      devices,
      said: [],
      unknown: new Set(),
      before: new Map(devices.map((each) => [each.address, messaging.shown(each, conversation).length])),
    })
  }
  return talks
}

/** Says something. One that has no answer is noted: it may be there or not. */
export async function sayIn(messaging: MessagingCase, talk: Talk): Promise<void> {
  const key = randomUUID()
  try {
    talk.said.push(await messaging.say(talk.sender, talk.conversation, { key }))
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
    talk.unknown.add(key)
  }
}

/** What a device has shown of a talk so far. */
export function shownIn(messaging: MessagingCase, talk: Talk, device: Device): string[] {
  return messaging.shown(device, talk.conversation).slice(talk.before.get(device.address) ?? 0)
}

/** Brings back whoever is away; one that finds nobody where it looks first looks at the other gateway. */
async function comeBack(devices: readonly Device[]): Promise<void> {
  await Promise.all(
    devices.map((device) =>
      eventually(() =>
        device.arrive().then(
          () => true,
          () => false,
        ),
      ),
    ),
  )
}

/** Whether something has held within a minute. */
async function holds(look: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    await eventually(look)
    return true
  } catch {
    return false
  }
}

/** When all are back: each device has shown each acknowledged message once and in order, and nothing waits for it. */
export async function countTalks(
  messaging: MessagingCase,
  talks: readonly Talk[],
  tally: MessageTally,
): Promise<void> {
  for (const talk of talks) {
    await comeBack(talk.devices)
    tally.acknowledged += talk.said.length
    tally.unknown += talk.unknown.size
    for (const device of talk.devices) {
      const expected = keysFor(device, talk.said).length
      await holds(() => shownIn(messaging, talk, device).length >= expected)
    }
  }
  if (!(await holds(() => messaging.settled().then(() => true))))
    tally.violated.push('gateways have not come to rest')
  for (const talk of talks)
    for (const device of talk.devices) {
      const { address } = device
      const expected = keysFor(device, talk.said)
      const shown = shownIn(messaging, talk, device)
      countShown(tally, { device: address, expected, unknown: talk.unknown, shown })
      const waiting = await messaging.waiting(device)
      if (waiting > 0) tally.violated.push(`${waiting} entries still wait for ${address}`)
    }
  const closed = messaging.lines.filter(({ operation }) => operation === 'message.undecryptable')
  if (closed.length > 0) tally.violated.push(`${closed.length} things came that could not be opened`)
  messaging.lines.length = 0
}
