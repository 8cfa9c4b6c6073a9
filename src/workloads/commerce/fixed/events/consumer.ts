import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import type { KafkaMessage, ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { commerceStores } from '../../stores.ts'
import type { CommerceStores } from '../../stores.ts'
import { readEvent } from './event.ts'
import type { CommerceEvent } from './event.ts'
import { isOutboxLeft } from './outbox.ts'
import { TOPIC } from './topics.ts'

/** Milliseconds to wait for a fuller batch: an effect, and its commit, is for all orders of a batch at once. */
const GATHER_MS = 250

/** What a consumer works with. */
export interface ConsumerWork extends CommerceStores {
  readonly host: RoleHost
}

/** One consumer group and what it does. */
export interface ConsumerJob {
  readonly group: string
  readonly topic: string
  /** Brings a batch about. Called again with events that it has seen: it must do nothing then. */
  handle(work: ConsumerWork, events: readonly CommerceEvent[]): Promise<void>
}

function deadLetter(message: ReceivedMessage, reason: string): KafkaMessage {
  return {
    key: `${message.topic}-${message.partition}-${message.offset}`,
    value: message.value,
    headers: { ...message.headers, reason: reason.slice(0, 500) },
  }
}

/** The events of a batch; what is none goes to the dead letters, with the reason, before the batch counts as read. */
async function eventsOf(work: ConsumerWork, batch: readonly ReceivedMessage[]): Promise<CommerceEvent[]> {
  const events: CommerceEvent[] = []
  const broken: KafkaMessage[] = []
  for (const message of batch) {
    try {
      events.push(readEvent(message))
    } catch (error) {
      broken.push(deadLetter(message, error instanceof Error ? error.message : String(error)))
    }
  }
  if (broken.length > 0) await work.kafka.produce(TOPIC.deadLetters, broken)
  return events
}

/** A role that consumes one topic in a group of its own, at least once, with effects that happen once (ECM-74). */
export function consumerRole(
  job: ConsumerJob,
): (stores: Stores, population: Population, choice: StrategyChoice, host: RoleHost) => Promise<RunningRole> {
  return async (stores, _population, _choice, host) => {
    const work: ConsumerWork = { ...commerceStores(stores, 'fixed'), host }
    const consumption = await work.kafka.consume({
      group: job.group,
      topics: [job.topic],
      from: 'earliest',
      gatherMs: GATHER_MS,
      async handle(batch) {
        const events = await eventsOf(work, batch)
        await host.faultPoint(`${job.group}.before-effect`)
        if (events.length > 0) await job.handle(work, events)
        await host.faultPoint(`${job.group}.after-effect`)
      },
      failed: (error) => {
        process.stderr.write(`${job.group}: ${error instanceof Error ? error.message : String(error)}\n`)
      },
    })
    const lag = (): Promise<bigint> => work.kafka.lag(job.group, [job.topic])
    return {
      // What the relay has yet to send is to be read too.
      drained: async () => !(await isOutboxLeft(work.postgres)) && (await lag()) === 0n,
      lag: async () => ({ [job.group]: Number(await lag()) }),
      close: () => consumption.close(),
    }
  }
}
