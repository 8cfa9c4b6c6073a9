import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import { movePosition, readPosition, startPositions } from '../../../../patterns/outbox/position.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import { loopUntil } from '../../../../patterns/role-loop.ts'
import type { KafkaMessage } from '../../../../stores/kafka/client.ts'
import { areSagasLeft } from '../checkout/saga-sweep.ts'
import { areTakingsLeft } from '../checkout/unit-rows.ts'
import { commerceStores } from '../../stores.ts'
import type { CommerceStores } from '../../stores.ts'
import { keepHouse, newHouse } from './housekeeping.ts'
import { BATCH, isOutboxLeft, readEvents, RELAY } from './outbox.ts'
import type { OutboxEvent } from './outbox.ts'
import { TOPIC } from './topics.ts'

/** Milliseconds between two looks at an idle outbox. */
const IDLE_MS = 15
/** And at most between two batches. */
const LONGEST_MS = 150
/** The relay works a sixth of the time unless it is behind: fuller batches cost less for each event. */
const PAUSE_PER_WORK = 5

interface RelayState {
  position: RelayPosition
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

async function recover(work: RelayWork): Promise<RelayState> {
  await startPositions(work.postgres, [RELAY])
  return { position: await readPosition(work.postgres, RELAY) }
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
    } else {
      // Another relay has sent them too: consumers see them once.
      Object.assign(state, await recover(work))
    }
  }
  if (events.length === BATCH) return 0
  if (events.length === 0) return IDLE_MS
  return Math.min(LONGEST_MS, Math.max(IDLE_MS, PAUSE_PER_WORK * (performance.now() - startedAt)))
}

/**
 * Starts the relay: it brings the outbox to Kafka at least once, in the order of (xid, id) below the snapshot's horizon,
 * each order's events in one partition (E-19, E-22, ECM-74). A second one does no harm. Beside that it keeps house, in a loop
 * of its own: what expires is freed whether Kafka answers or not.
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
  const signal = AbortSignal.any([closing.signal, host.signal])
  const running = Promise.all([
    loopUntil(
      signal,
      () => recover(work),
      (state) => step(work, state),
    ),
    loopUntil(
      signal,
      () => Promise.resolve(newHouse()),
      (house) => keepHouse(work.postgres, house, (name) => host.faultPoint(name)),
    ),
  ])
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
