import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import type { Stores } from '../../../../core/store.ts'
import { samePosition } from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import { loopUntil } from '../../../../patterns/role-loop.ts'
import { socialStores } from '../../stores.ts'
import { socialChoice } from '../open.ts'
import { applyToCaches } from './caches.ts'
import { fanOut } from './fanout.ts'
import type { FanoutWork } from './fanout.ts'
import { housekeeping } from './housekeeping.ts'
import type { Housekeeping } from './housekeeping.ts'
import {
  BATCH,
  RELAY,
  isWorkLeft,
  readEvents,
  readEventsUpTo,
  readRelayPosition,
  saveCaches,
} from './outbox.ts'
import type { OutboxEvent } from './outbox.ts'
import { summarise } from './summary.ts'
import { applyToTables } from './tables.ts'

/** Milliseconds between two looks at an idle outbox. */
const IDLE_MS = 15
/** And at most between two batches: others see a change within a second (design.md, section 5). */
const LONGEST_MS = 100
/** The relay works a fifth of the time unless it is behind: fuller batches cost less for each event. */
const PAUSE_PER_WORK = 4

/** Where a relay stands. Between two steps the caches are as far as the tables; what is saved may be a batch behind. */
interface RelayState {
  tables: RelayPosition
  savedCaches: RelayPosition
  readonly keepHouse: Housekeeping
  /** A fan-out may be unfinished: an idle relay does not ask for it. */
  mayFanOut: boolean
}

/** Finishes in the caches what a relay left that died, or lost its connection, after a commit. */
async function recover(work: FanoutWork): Promise<RelayState> {
  const tables = await readRelayPosition(work.postgres, RELAY.tables)
  const savedCaches = await readRelayPosition(work.postgres, RELAY.caches)
  const undone = await readEventsUpTo(work.postgres, savedCaches, tables)
  if (undone.length > 0) await applyToCaches(work, undone, summarise(undone, work.choice))
  return { tables, savedCaches, keepHouse: housekeeping(work), mayFanOut: true }
}

async function applyBatch(
  work: FanoutWork,
  state: RelayState,
  events: readonly OutboxEvent[],
): Promise<void> {
  const last = events.at(-1)
  if (last === undefined) return
  const to = { xid: last.xid, id: last.id }
  const summary = summarise(events, work.choice)
  const beforeCommit = (): Promise<void> | void => work.host.faultPoint('relay.before-commit')
  const step = { from: state.tables, to, summary, choice: work.choice, beforeCommit }
  if (!(await applyToTables(work.postgres, step))) {
    Object.assign(state, await recover(work))
    return
  }
  await work.host.faultPoint('relay.after-commit')
  await applyToCaches(work, events, summary)
  state.savedCaches = state.tables
  state.tables = to
  state.mayFanOut ||= summary.posts.to.length > 0 || summary.followedUsers.length > 0
}

async function saveWhenIdle(work: FanoutWork, state: RelayState): Promise<void> {
  if (samePosition(state.savedCaches, state.tables)) return
  await saveCaches(work.postgres, state.tables)
  state.savedCaches = state.tables
}

/** One look at the outbox. Answers how long to wait before the next, in milliseconds. */
async function step(work: FanoutWork, state: RelayState): Promise<number> {
  const startedAt = performance.now()
  const events = await readEvents(work.postgres, state.tables)
  await applyBatch(work, state, events)
  if (state.mayFanOut) state.mayFanOut = await fanOut(work)
  if (events.length === 0) await saveWhenIdle(work, state)
  const isBusy = state.mayFanOut || events.length > 0
  const isCopying = await state.keepHouse(state.savedCaches, isBusy)
  if (state.mayFanOut || isCopying || events.length === BATCH) return 0
  if (events.length === 0) return IDLE_MS
  return Math.min(LONGEST_MS, Math.max(IDLE_MS, PAUSE_PER_WORK * (performance.now() - startedAt)))
}

/**
 * Starts the relay: it applies the outbox to PostgreSQL exactly once and to Redis at least once, in the order of
 * (xid, id) below the snapshot's horizon, and fans posts out. A second one does no harm. A failing store is asked again;
 * any other error ends the process. Expects stores with the schema of the fixed variant.
 * @throws ArchError (usage) for an unknown strategy
 */
export async function startRelay(
  stores: Stores,
  _population: Population,
  choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  const work: FanoutWork = {
    ...socialStores(stores, 'fixed'),
    choice: socialChoice(choice),
    host,
  }
  await recover(work)
  const closing = new AbortController()
  const running = loopUntil(
    AbortSignal.any([closing.signal, host.signal]),
    () => recover(work),
    (state) => step(work, state),
  )
  return {
    drained: async () => !(await isWorkLeft(work.postgres)),
    async close() {
      closing.abort()
      await running
    },
  }
}
