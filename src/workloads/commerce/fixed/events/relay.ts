import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import {
  movePosition,
  purgeEvents,
  readPosition,
  startPositions,
} from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import { loopUntil } from '../../../../patterns/role-loop.ts'
import type { KafkaMessage } from '../../../../stores/kafka/client.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { areSagasLeft, sweepSagas } from '../checkout/saga-sweep.ts'
import { areTakingsLeft, keepPools } from '../checkout/unit-rows.ts'
import { commerceStores } from '../../stores.ts'
import type { CommerceStores } from '../../stores.ts'
import { BATCH, isOutboxLeft, readEvents, RELAY } from './outbox.ts'
import type { OutboxEvent } from './outbox.ts'
import { TOPIC } from './topics.ts'

/** Milliseconds between two looks at an idle outbox. */
const IDLE_MS = 15
/** And at most between two batches. */
const LONGEST_MS = 150
/** The relay works a sixth of the time unless it is behind: fuller batches cost less for each event. */
const PAUSE_PER_WORK = 5
/** Milliseconds between two rounds of housekeeping. */
const HOUSE_MS = 1_000
/** Orders of one sweep: a short transaction. */
const SWEPT = 100

const SWEEP: Statement = { name: 'commerce_sweep', text: 'SELECT sweep_reservations($1) AS swept' }

interface RelayState {
  position: RelayPosition
  /** The position before: events up to it are certainly in Kafka and saved as such. */
  saved: RelayPosition
  houseAt: number
}

interface RelayWork extends CommerceStores {
  readonly host: RoleHost
}

/** The message of an event: its id lets consumers tell a repeated one. */
function messageOf(event: OutboxEvent): KafkaMessage {
  return {
    key: event.aggregate,
    value: event.payload,
    headers: { id: `${event.xid}-${event.id}`, kind: event.kind },
  }
}

async function publish(work: RelayWork, events: readonly OutboxEvent[]): Promise<void> {
  const orders = events.filter(({ kind }) => !kind.startsWith('product.'))
  const products = events.filter(({ kind }) => kind.startsWith('product.'))
  await Promise.all([
    orders.length > 0 && work.kafka.produce(TOPIC.orders, orders.map(messageOf)),
    products.length > 0 && work.kafka.produce(TOPIC.products, products.map(messageOf)),
  ])
}

/** Frees what expired reservations hold (E-13), counts what was taken from pools (E-43), deletes events that were sent. */
async function keepHouse(work: RelayWork, state: RelayState): Promise<void> {
  if (performance.now() - state.houseAt < HOUSE_MS) return
  state.houseAt = performance.now()
  await purgeEvents(work.postgres, state.saved)
  await keepPools(work.postgres)
  const ended = await sweepSagas(work.postgres, SWEPT, (name) => work.host.faultPoint(name))
  const [row] = await work.postgres.query<{ swept: number }>(SWEEP, [SWEPT])
  // There are more: the next step goes on with them.
  if (row?.swept === SWEPT || ended === SWEPT) state.houseAt = 0
}

async function recover(work: RelayWork): Promise<RelayState> {
  await startPositions(work.postgres, [RELAY])
  const position = await readPosition(work.postgres, RELAY)
  return { position, saved: position, houseAt: performance.now() }
}

/** One look at the outbox. Answers how long to wait before the next, in milliseconds. */
async function step(work: RelayWork, state: RelayState): Promise<number> {
  const startedAt = performance.now()
  const events = await readEvents(work.postgres, state.position)
  const last = events.at(-1)
  if (last !== undefined) {
    await work.host.faultPoint('relay.before-publish')
    await publish(work, events)
    await work.host.faultPoint('relay.after-publish')
    const to = { xid: last.xid, id: last.id }
    if (await movePosition(work.postgres, RELAY, state.position, to)) {
      state.position = to
      state.saved = to
    } else {
      // Another relay has sent them too: consumers see them once.
      Object.assign(state, await recover(work))
    }
  }
  await keepHouse(work, state)
  if (events.length === BATCH) return 0
  if (events.length === 0) return IDLE_MS
  return Math.min(LONGEST_MS, Math.max(IDLE_MS, PAUSE_PER_WORK * (performance.now() - startedAt)))
}

/**
 * Starts the relay: it brings the outbox to Kafka at least once, in the order of (xid, id) below the snapshot's horizon,
 * each order's events in one partition (E-19, E-22, ECM-74). A second one does no harm. It also sweeps expired reservations,
 * and keeps the house of the ways to place an order.
 * @throws OperationFailure when a store does not answer at the start
 */
export async function startRelay(
  stores: Stores,
  _population: Population,
  _choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  const work: RelayWork = { ...commerceStores(stores, 'fixed'), host }
  await recover(work)
  const closing = new AbortController()
  const running = loopUntil(
    AbortSignal.any([closing.signal, host.signal]),
    () => recover(work),
    (state) => step(work, state),
  )
  return {
    drained: async () =>
      !(await isOutboxLeft(work.postgres)) &&
      !(await areTakingsLeft(work.postgres)) &&
      !(await areSagasLeft(work.postgres)),
    async close() {
      closing.abort()
      await running
    },
  }
}
