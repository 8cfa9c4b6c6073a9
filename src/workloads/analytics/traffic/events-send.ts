import { randomBelow } from '../../../core/random.ts'
import type { Arrival, Operation } from '../../../core/operation.ts'
import type { AnalyticsApplication } from '../application.ts'
import { encodeBatch } from '../events/encode.ts'
import { BATCH, POPULATION_BATCHES } from '../events/event.ts'
import { DASHBOARD_FRESH, EVENTS_VISIBLE } from '../flows.ts'
import { rates, REPEATED_ONE_IN } from '../model.ts'
import type { AnalyticsWorld } from '../world.ts'

/** Batches of each phase have numbers of their own, above the population's. */
const FIRST_BATCH = { warmup: POPULATION_BATCHES, measure: POPULATION_BATCHES + 2 ** 23 } as const
/** How far back a repeated batch lies at most, in arrivals. */
const REACH = 32

/** A batch that an SDK sends, for the first time or again. */
export interface SendBatch {
  readonly batch: number
  readonly isRepeat: boolean
}

/** The number of an arrival's own batch; what it sends may be an earlier one. */
function ownBatch({ phase, index }: Pick<Arrival, 'phase' | 'index'>): number {
  return FIRST_BATCH[phase] + index
}

function repeats(world: AnalyticsWorld, { index, phase }: Pick<Arrival, 'phase' | 'index'>): boolean {
  return index > REACH && randomBelow(REPEATED_ONE_IN, world.seed, index, phase === 'warmup' ? 0 : 1) === 0
}

/** The batch that an arrival sends. One that is sent again was sent once before, by an arrival that repeats nothing. */
export function batchAt(world: AnalyticsWorld, arrival: Pick<Arrival, 'phase' | 'index'>): SendBatch {
  if (repeats(world, arrival)) {
    const first = { ...arrival, index: arrival.index - 1 - randomBelow(REACH, world.seed, arrival.index, 2) }
    if (!repeats(world, first)) return { batch: ownBatch(first), isRepeat: true }
  }
  return { batch: ownBatch(arrival), isRepeat: false }
}

/** An SDK's batch is taken by the collector: acknowledged, it will be found by queries (ANA-01, ANA-07, ANA-10). */
export const eventsSend: Operation<
  AnalyticsApplication,
  AnalyticsWorld,
  SendBatch & { world: AnalyticsWorld },
  void
> = {
  name: 'events.send',
  claims: ['ANA-01', 'ANA-07', 'ANA-10', 'ANA-11'],
  kind: 'write',
  rate: rates['events.send'],
  unitsPerArrival: BATCH,
  targets: [],
  input: (arrival, world) => ({ ...batchAt(world, arrival), world }),
  async run(application, { batch, world }, context) {
    const { sessionId, body } = encodeBatch(world.seeds, batch, Date.now())
    await application.collect({ batch: batch.toString(), sessionId, body }, context)
  },
  journal: ({ batch }) => ({ batch: batch.toString() }),
  flows: ({ batch, isRepeat }) =>
    isRepeat ? undefined : { flows: [EVENTS_VISIBLE, DASHBOARD_FRESH], key: batch.toString() },
}
