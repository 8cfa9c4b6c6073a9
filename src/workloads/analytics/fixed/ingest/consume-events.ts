import { ExponentialBackoff, bulkhead, handleWhen, retry } from 'cockatiel'
import { OperationFailure } from '../../../../core/errors.ts'
import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Consumption, PartitionPosition, ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { analyticsStores, byChosenClient } from '../../stores.ts'
import { HEADER, TOPIC } from '../topics.ts'
import type { EventSink, FramedBlock } from './event-sink.ts'
import { partitionIngest, storeBlock } from './partition-ingest.ts'
import type { PartitionIngest } from './partition-ingest.ts'

const LOOK_EVERY_MS = 100
/** Milliseconds that the broker waits for a fuller answer. */
const GATHER_MS = 100
/** Inserts at a time: while one is parsed another is sent. */
const INSERTS = 2
/** Blocks in memory at most; more are left in Kafka. */
const BLOCKS = 4

interface Lane {
  readonly ingest: PartitionIngest
  /** When its open block's first record came, `performance.now()`; undefined when it has none. */
  openSince: number | undefined
  isCutAsked: boolean
  /** The store of the block before. */
  last: Promise<void>
}

/**
 * Consumes the events of Kafka into ClickHouse, each once: insert, then commit, and a block that is inserted again is
 * known by its token (ANA-12, A-01 to A-03). What it holds in memory is bounded; what it cannot store waits in Kafka.
 */
export async function consumeEvents(
  allStores: Stores,
  sink: EventSink,
  choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  const stores = await byChosenClient(analyticsStores(allStores, 'fixed'), choice)
  const { group, flow, cutAfterMs } = sink

  function report(error: unknown): void {
    process.stderr.write(`${group}: ${error instanceof Error ? error.message : String(error)}\n`)
  }

  const inserts = bulkhead(INSERTS, Number.POSITIVE_INFINITY)
  const patience = retry(
    handleWhen((error) => {
      report(error)
      return error instanceof OperationFailure && !host.signal.aborted
    }),
    {
      maxAttempts: Number.POSITIVE_INFINITY,
      backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }),
    },
  )
  let lanes = new Map<number, Lane>()
  const pending = new Set<Promise<void>>()
  const joined = Promise.withResolvers<Consumption>()

  async function store(block: FramedBlock): Promise<void> {
    await host.faultPoint(`${group}.before-insert`)
    const { position, batches } = await patience.execute(() => storeBlock(stores, sink, block, host.signal))
    const atMicros = Number(process.hrtime.bigint() / 1000n)
    host.flowEnds(batches.map((key) => ({ flow, key, part: 0, of: 1, weight: 1, atMicros })))
    await host.faultPoint(`${group}.before-commit`)
    await (await joined.promise).commit([position])
  }

  /** Blocks of a partition one after the other, of all partitions a few at a time. */
  function begin(lane: Lane, block: FramedBlock): void {
    const before = lane.last
    lane.openSince = undefined
    lane.isCutAsked = false
    const done = before.then(() => inserts.execute(() => store(block)))
    lane.last = done
    // A bug ends the process: what is not committed comes again. One that is told to stop leaves it to the next.
    const settled = done
      .catch((error: unknown) => {
        if (!host.signal.aborted) throw error
      })
      .finally(() => pending.delete(settled))
    pending.add(settled)
  }

  async function handle(records: readonly ReceivedMessage[]): Promise<void> {
    for (const record of records) {
      const lane = lanes.get(record.partition)
      if (lane === undefined) continue
      const block = lane.ingest.take(record)
      if (block !== undefined) begin(lane, block)
      else if (lane.ingest.isOpen()) lane.openSince ??= performance.now()
      while (pending.size >= BLOCKS) await Promise.race(pending)
    }
  }

  async function begun(positions: readonly PartitionPosition[]): Promise<void> {
    // What was gathered before comes again; what is being stored is stored again, and known by its token.
    lanes = new Map()
    await Promise.all(pending)
    for (const position of positions) {
      const ingest = await patience.execute(() => partitionIngest(stores, sink, position))
      lanes.set(position.partition, {
        ingest,
        openSince: undefined,
        isCutAsked: false,
        last: Promise.resolve(),
      })
    }
  }

  function cutWhatWaits(): void {
    const now = performance.now()
    for (const [partition, lane] of lanes) {
      if (lane.openSince === undefined || lane.isCutAsked || now - lane.openSince < cutAfterMs) continue
      lane.isCutAsked = true
      stores.kafka
        .produce(TOPIC.events, [{ key: undefined, partition, value: '', headers: { [HEADER.cut]: group } }])
        .catch((error: unknown) => {
          lane.isCutAsked = false
          report(error)
        })
    }
  }

  const consumption = await stores.kafka.consume({
    group,
    topics: [TOPIC.events],
    from: 'earliest',
    gatherMs: GATHER_MS,
    begun,
    handle,
    failed: report,
  })
  joined.resolve(consumption)
  const cutting = setInterval(cutWhatWaits, LOOK_EVERY_MS)
  const lag = (): Promise<bigint> => stores.kafka.lag(group, [TOPIC.events])
  return {
    drained: async () => pending.size === 0 && (await lag()) === 0n,
    lag: async () => ({ [group]: Number(await lag()) }),
    async close() {
      clearInterval(cutting)
      await consumption.close()
      await Promise.all(pending)
    },
  }
}
