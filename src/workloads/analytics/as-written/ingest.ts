import type { Variant } from '../../../core/workload.ts'
import type { Strategy } from '../../../core/strategy.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import type { Consumption, ReceivedMessage } from '../../../stores/kafka/client.ts'
import { BATCH } from '../events/event.ts'
import { EVENTS_VISIBLE } from '../flows.ts'
import { analyticsStores } from '../stores.ts'
import { EVENTS, GROUP, SEEN } from './events.ts'

/** What the text leaves open: an arrow from Kafka to ClickHouse is all that it says. */
export const asWrittenStrategies: Readonly<Record<string, Strategy>> = {
  insert: {
    description: 'what one insert holds: an event, or what one fetch of the consumer brought',
    values: ['event', 'fetch'],
    default: 'fetch',
  },
  commit: {
    description: 'when offsets are committed: after the insert, or before it',
    values: ['after', 'before'],
    default: 'after',
  },
}

/** Each insert is a part of its own, as ClickHouse works unless it is told to gather them. */
const SETTINGS = { async_insert: 0 }

function report(error: unknown): void {
  process.stderr.write(`${GROUP}: ${error instanceof Error ? error.message : String(error)}\n`)
}

async function insert(clickhouse: ClickHouseClient, messages: readonly ReceivedMessage[]): Promise<void> {
  const rows = messages.map(({ value }) => Buffer.concat([value, Buffer.from('\n')]))
  await clickhouse.insert('events', 'JSONEachRow', rows, { settings: SETTINGS })
}

/** The text's consumer: what comes is inserted. What comes again is inserted again. */
export const startAsWrittenIngest: Variant['roles'][string] = async (stores, _population, choice, host) => {
  const { clickhouse, kafka } = analyticsStores(stores, 'as-written')
  const joined = Promise.withResolvers<Consumption>()
  const isCommittedBefore = choice['commit'] === 'before'
  const atOnce = choice['insert'] === 'fetch' ? Number.POSITIVE_INFINITY : 1

  async function commit(batch: readonly ReceivedMessage[]): Promise<void> {
    const last = new Map(batch.map((message) => [message.partition, message]))
    const consumption = await joined.promise
    await consumption.commit(
      [...last.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1n })),
    )
  }

  async function handle(batch: readonly ReceivedMessage[]): Promise<void> {
    if (isCommittedBefore) await commit(batch)
    await host.faultPoint(`${GROUP}.before-insert`)
    for (let from = 0; from < batch.length; from += atOnce) {
      const messages = batch.slice(from, from + atOnce)
      await insert(clickhouse, messages)
      const atMicros = Number(process.hrtime.bigint() / 1000n)
      host.flowEnds(
        messages.map(({ headers }) => ({
          flow: EVENTS_VISIBLE,
          key: headers[SEEN.batch] ?? '',
          part: Number(headers[SEEN.position]),
          of: BATCH,
          weight: Number(headers[SEEN.position]) === BATCH - 1 ? 1 : 0,
          atMicros,
        })),
      )
      await host.faultPoint(`${GROUP}.after-insert`)
    }
    if (!isCommittedBefore) await commit(batch)
  }

  const consumption = await kafka.consume({
    group: GROUP,
    topics: [EVENTS],
    from: 'earliest',
    begun: () => Promise.resolve(),
    handle,
    failed: report,
  })
  joined.resolve(consumption)
  const lag = (): Promise<bigint> => kafka.lag(GROUP, [EVENTS])
  return {
    drained: async () => (await lag()) === 0n,
    lag: async () => ({ [GROUP]: Number(await lag()) }),
    close: () => consumption.close(),
  }
}
