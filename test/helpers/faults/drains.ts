// Devices that are cut off while they are sent what waited for them.
import { setTimeout as delay } from 'node:timers/promises'
import { random01 } from '../../../src/core/random.ts'
import type { Device } from '../../../src/workloads/messaging/clients/device.ts'
import { persistWaiting } from '../../../src/workloads/messaging/fixed/persister.ts'
import type { MessagingCase } from '../messaging-case.ts'
import { newMessageTally } from './message-tally.ts'
import type { MessageTally } from './message-tally.ts'
import { beginTalks, countTalks, sayIn, shownIn } from './talks.ts'
import type { Talk } from './talks.ts'

/** Where what waits is: all in Redis; moved to Cassandra before the device comes; moved while it comes and is cut off. */
export const PLACES = ['redis', 'moved', 'moving'] as const
export type Place = (typeof PLACES)[number]

/** How a round goes. */
export interface DrainRound {
  /** Draws are by it. */
  readonly round: number
  readonly place: Place
  /** Conversations side by side, and cuts of each device. */
  readonly talks: number
  readonly cuts: number
}

/** More than a page of the queue, and more than a page of the store. */
const FEWEST = 150
const FURTHER = 100
/** What comes while devices are cut off, for each cut. */
const AMID = 2
/** The persister takes what has waited longer than this: all of it. */
const AT_ONCE_MS = -1_000
const PAUSE_MS = 5

async function moveAll({ own }: MessagingCase): Promise<void> {
  while ((await own.redis.wave([['zcard', 'waiting']]))[0] !== 0) await persistWaiting(own, AT_ONCE_MS)
}

/** Cuts off devices at a message that is drawn. */
interface Cutter {
  /** A device is cut off when it has shown so many more. @returns whether it was, when it has come as far as it could */
  cut(device: Device, after: number): Promise<boolean>
  close(): void
}

function newCutter(messaging: MessagingCase): Cutter {
  const waiting = new Map<string, () => void>()
  messaging.watch(({ operation, keys }) => {
    if (operation === 'message.received') waiting.get(String(keys['device']))?.()
  })
  return {
    async cut(device, after) {
      let left = after
      let isCut = false
      waiting.set(device.address, () => {
        left -= 1
        if (left !== 0) return
        isCut = true
        device.leave()
      })
      await device.arrive().catch(() => undefined)
      waiting.delete(device.address)
      return isCut
    },
    close: () => messaging.watch(() => undefined),
  }
}

/** Cuts off one device again and again: about when it has taken the next of equal parts, a part more or less. */
async function cutDevice(
  messaging: MessagingCase,
  cutter: Cutter,
  talk: Talk,
  device: Device,
  { cuts, round }: DrainRound,
  tally: MessageTally,
): Promise<void> {
  const draw = (number: number): number =>
    random01(round, Number(BigInt(device.address.split(':')[0] ?? 0) >> 22n), number)
  for (let number = 0; number < cuts; number += 1) {
    const left = talk.said.length - shownIn(messaging, talk, device).length
    const part = left / (cuts - number + 1)
    const isCut = await cutter.cut(device, 1 + Math.floor(2 * part * draw(2 * number)))
    if (isCut && shownIn(messaging, talk, device).length < talk.said.length) tally.times += 1
    else tally.late += 1
    // Half of them are at the other gateway before the first one knows that they have gone.
    if (draw(2 * number + 1) < 0.5) await messaging.leave(device)
    else device.leave()
  }
}

/**
 * Says things to devices that are away, and cuts them off several times while they are sent what waits, as more comes.
 * @returns what came of it: a cut counts where the device had not taken all by then
 */
export async function cutDrains(messaging: MessagingCase, drains: DrainRound): Promise<MessageTally> {
  const { place, cuts, round } = drains
  const tally = newMessageTally(`devices cut off, queues ${place}`)
  const talks = beginTalks(messaging, drains.talks)
  await Promise.all(talks.flatMap(({ readers }) => readers.map((reader) => messaging.leave(reader))))
  await Promise.all(
    talks.map(async (talk, index) => {
      const count = FEWEST + Math.floor(FURTHER * random01(round, index))
      while (talk.said.length + talk.unknown.size < count) await sayIn(messaging, talk)
    }),
  )
  if (place === 'moved') await moveAll(messaging)
  const cutter = newCutter(messaging)
  let isOver = false
  const moving = (async () => {
    while (place === 'moving' && !isOver) {
      await persistWaiting(messaging.own, AT_ONCE_MS)
      await delay(PAUSE_MS)
    }
  })()
  await Promise.all(
    talks.flatMap((talk) => [
      ...talk.readers.map((reader) => cutDevice(messaging, cutter, talk, reader, drains, tally)),
      (async () => {
        for (let number = 0; number < cuts * AMID; number += 1) await sayIn(messaging, talk)
      })(),
    ]),
  )
  isOver = true
  await moving
  cutter.close()
  await countTalks(messaging, talks, tally)
  return tally
}
