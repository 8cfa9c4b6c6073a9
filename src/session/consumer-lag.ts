import type { ConsumerLagResult } from '../core/result.ts'
import type { RoleHandle } from './role.ts'

/** Milliseconds between two looks. */
const LOOK_EVERY_MS = 1_000

const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n)

/**
 * Asks roles about once a second, from `fromMicros` (`process.hrtime`) on, what their consumer groups have yet to read.
 * @returns ends it with one more look, and answers what was seen of each group
 */
export function followConsumerLag(
  roles: readonly Pick<RoleHandle, 'lag'>[],
  fromMicros: number,
): () => Promise<readonly ConsumerLagResult[]> {
  const groups = new Map<string, { samples: number; max: number }>()
  let looking: Promise<unknown> | undefined

  async function look(): Promise<ReadonlyMap<string, number>> {
    const answers = await Promise.all(roles.map((role) => role.lag()))
    const seen = new Map(answers.flatMap((answer) => Object.entries(answer)))
    for (const [group, records] of seen) {
      const { samples, max } = groups.get(group) ?? { samples: 0, max: 0 }
      groups.set(group, { samples: samples + 1, max: Math.max(max, records) })
    }
    return seen
  }

  const ticks = setInterval(() => {
    // A log that answers late is asked less often.
    if (looking !== undefined || nowMicros() < fromMicros) return
    looking = look().finally(() => {
      looking = undefined
    })
  }, LOOK_EVERY_MS)

  return async () => {
    clearInterval(ticks)
    await looking
    const last = await look()
    return [...groups].map(([group, seen]) => ({ group, ...seen, atEnd: last.get(group) ?? null }))
  }
}
