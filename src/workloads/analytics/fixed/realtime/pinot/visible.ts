import { setTimeout as sleep } from 'node:timers/promises'
import { OperationFailure } from '../../../../../core/errors.ts'
import type { PinotClient } from '../../../../../stores/pinot/client.ts'
import type { SingleEvent } from './single-events.ts'
import { HOT_EVENTS } from './table.ts'

/** Milliseconds between two looks: the more, the longer it has taken, since looks cost Pinot what dashboards need. */
const PAUSE_MS = { least: 25, most: 250 } as const
/** While Pinot does not answer. */
const SILENCE_MS = 500
/** How often the ids are looked for, which reads every row: only batches that somebody else has sent need it. */
const IDS_EVERY_MS = 2_000

interface Count {
  readonly events: number
}

/** Whether all events that the last record brought are there. A partition is read in order: then those before are too. */
async function isLastThere(pinot: PinotClient, events: readonly SingleEvent[]): Promise<boolean> {
  const { kafka_partition: partition, kafka_offset: offset } = events.at(-1) ?? {}
  const expected = events.filter(({ kafka_offset: at }) => at === offset).length
  const text = `SELECT COUNT(*) AS events FROM ${HOT_EVENTS.table} WHERE kafka_partition = ${partition} AND kafka_offset = ${offset}`
  const [row] = await pinot.query<Count>(text)
  return row?.events === expected
}

/** Whether the last event of each record is there, whichever record brought it: a repeated batch keeps its first place. */
async function areIdsThere(pinot: PinotClient, events: readonly SingleEvent[]): Promise<boolean> {
  const last = new Map(events.map(({ kafka_offset: at, event_id: id }) => [at, id]))
  const ids = [...new Set(last.values())]
  const listed = ids.map((id) => `'${id}'`).join(', ')
  const text = `SELECT COUNT(*) AS events FROM ${HOT_EVENTS.table} WHERE event_id IN (${listed})`
  const [row] = await pinot.query<Count>(text)
  return row?.events === ids.length
}

/**
 * Resolves when all of these events, of one partition and in their order, are found by a query; as long as that takes.
 * @throws OperationFailure `timeout` when the signal aborts
 */
export async function untilVisible(
  pinot: PinotClient,
  events: readonly SingleEvent[],
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  let idsAt = since + IDS_EVERY_MS
  while (!signal.aborted) {
    try {
      if (await isLastThere(pinot, events)) return
      const now = performance.now()
      if (now > idsAt) {
        if (await areIdsThere(pinot, events)) return
        idsAt = performance.now() + IDS_EVERY_MS
      }
      await sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, (now - since) / 2)))
    } catch (error) {
      if (!(error instanceof OperationFailure)) throw error
      await sleep(SILENCE_MS)
    }
  }
  throw new OperationFailure('timeout', 'pinot: nobody waits for these events any more')
}
