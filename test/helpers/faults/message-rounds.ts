// Conversations that go on while something is harmed.
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../context.ts'
import type { MessagingCase } from '../messaging-case.ts'
import { newMessageTally } from './message-tally.ts'
import type { MessageTally } from './message-tally.ts'
import { beginTalks, countTalks, sayIn } from './talks.ts'
import type { Talk } from './talks.ts'

/** Messages of each conversation before something is harmed, and after it was. */
const AROUND = 10

/** How a round goes. */
export interface HarmRound {
  readonly name: string
  /** Conversations side by side. */
  readonly talks: number
  /** Messages a second of all of them; as fast as they are answered where it is absent. */
  readonly rate?: number
  /** Whether those who are talked to are away meanwhile, by the conversation's place among them. */
  isAway(index: number): boolean
  /** Puts people where they are to be, before anything is said. */
  begin?(talks: readonly Talk[]): Promise<void>
  /** Kills or cuts something, and lets it come back. @param more resolves when so many more were acknowledged in all */
  harm(talks: readonly Talk[], more: (messages: number) => Promise<void>): Promise<void>
}

function acknowledgedIn(talks: readonly Talk[]): number {
  return talks.reduce((sum, { said }) => sum + said.length, 0)
}

/**
 * People say things to others, and to their own other devices, while something is harmed. What is said to those who are
 * away waits in queues then. Ends when all are back and have shown what they should.
 */
export async function harmUnder(
  messaging: MessagingCase,
  harming: HarmRound,
): Promise<{ readonly tally: MessageTally; readonly talks: readonly Talk[] }> {
  const { rate } = harming
  const tally = newMessageTally(harming.name)
  const talks = beginTalks(messaging, harming.talks)
  const away = talks.filter((_, index) => harming.isAway(index))
  await Promise.all(away.flatMap(({ readers }) => readers.map((reader) => messaging.leave(reader))))
  await harming.begin?.(talks)
  let isDone = false
  const everyMs = rate === undefined ? 0 : (1_000 * talks.length) / rate
  const talking = talks.map(async (talk) => {
    const begunAt = performance.now()
    let turn = 0
    for (let after = 0; after < AROUND; after += isDone ? 1 : 0) {
      await sayIn(messaging, talk)
      turn += 1
      // Who is behind says the next thing at once.
      const ahead = begunAt + turn * everyMs - performance.now()
      if (ahead > 0) await delay(ahead)
    }
  })
  const harmed = (async () => {
    await eventually(() => talks.every(({ said }) => said.length >= AROUND))
    try {
      await harming.harm(talks, async (messages) => {
        const goal = acknowledgedIn(talks) + messages
        await eventually(() => acknowledgedIn(talks) >= goal)
      })
      tally.times += 1
    } finally {
      isDone = true
    }
  })()
  await Promise.all([harmed, ...talking])
  await countTalks(messaging, talks, tally)
  return { tally, talks }
}

/** Conversations side by side where a round is one fault. */
export const TALKS = 6

/** Half of those who are talked to are away, and half are shown each message as it comes. */
export const everySecond = (index: number): boolean => index % 2 === 0
