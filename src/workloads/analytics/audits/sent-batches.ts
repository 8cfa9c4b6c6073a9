import { ArchError } from '../../../core/errors.ts'
import type { JournalReader } from '../../../core/journal.ts'
import { breakageOf } from '../events/broken.ts'
import { rootOf } from '../events/choices.ts'
import { BATCH } from '../events/event.ts'
import type { EventSeeds } from '../events/event.ts'

/** Batches that somebody sent, by number: `acknowledged` at least once, or not known to have been taken. */
export type SentBatches = ReadonlyMap<number, 'acknowledged' | 'unknown'>

/** What the journal says of the batches of a run. @throws ArchError for an entry that names none */
export async function sentBatches(journal: JournalReader): Promise<SentBatches> {
  const sent = new Map<number, 'acknowledged' | 'unknown'>()
  for await (const { keys, number, outcome } of journal.entries('events.send')) {
    const batch = Number(keys['batch'])
    if (!Number.isSafeInteger(batch))
      throw new ArchError(
        `journal entry ${number} of events.send names no batch`,
        'The journal was changed by hand, or comes from another version of arch: run the bench again.',
      )
    // What was sent twice and acknowledged once was taken.
    if (outcome === 'ok') sent.set(batch, 'acknowledged')
    else if (!sent.has(batch)) sent.set(batch, 'unknown')
  }
  return sent
}

/** What a batch leaves in the tables. */
export interface BatchTraces {
  readonly events: number
  /** The sum of the first words of its events' ids. */
  readonly checksum: number
  /** The places of its broken events. */
  readonly broken: readonly number[]
}

/** What a batch must leave. Pure in (seeds, batch). */
export function tracesOf(seeds: EventSeeds, batch: number): BatchTraces {
  let events = 0
  let checksum = 0
  const broken: number[] = []
  for (let position = 0; position < BATCH; position += 1) {
    const event = batch * BATCH + position
    if (breakageOf(seeds, event) === undefined) {
      events += 1
      checksum += rootOf(seeds.event, event)
    } else broken.push(position)
  }
  return { events, checksum, broken }
}
