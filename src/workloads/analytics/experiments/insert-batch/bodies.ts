import { ENCODED_COLUMNS } from '../../events/columns.ts'
import { storedEvents, timelineOf } from '../../history/timeline.ts'
import type { Timeline } from '../../history/timeline.ts'
import type { Population } from '../../../../core/population.ts'
import { copyLines } from '../postgres-events.ts'

/** The columns of a line for ClickHouse: an event arrives when it happens. */
export const LINE_COLUMNS: readonly string[] = ['received_time', ...ENCODED_COLUMNS]

/** Events encoded once, for whoever inserts them. */
export interface EncodedEvents {
  /** JSON arrays, one a line. */
  readonly clickhouse: readonly string[]
  /** Lines of COPY. */
  readonly postgres: readonly string[]
}

/** Events that come at 100,000 a second (ANA-07), all of one month but for those that were late. */
function atPeak(population: Population): Timeline {
  return { ...timelineOf(population), gapMs: 1 }
}

/** The events of a population. @throws ArchError (usage) for one that is too large */
export function encodedEvents(population: Population): EncodedEvents {
  const timeline = atPeak(population)
  const clickhouse: string[] = []
  for (const event of storedEvents(timeline, 0, timeline.batches)) {
    const { timeMs, eventId, eventType, userId, sessionId, pageUrl, referrer, userAgent } = event
    const { country, region, city, deviceType, browser, durationMs } = event
    const sent = [eventId, eventType, userId, sessionId, pageUrl, referrer, userAgent, country, region]
    clickhouse.push(`${JSON.stringify([timeMs, ...sent, city, deviceType, browser, durationMs, timeMs])}\n`)
  }
  return { clickhouse, postgres: [...copyLines(timeline, 0, timeline.batches)] }
}

/** Bodies of `size` lines each, `count` at most; after the last line comes the first one again. */
export function bodiesOf(lines: readonly string[], size: number, count: number): readonly Buffer[] {
  // The same body serves again where there are fewer.
  const different = Math.min(count, Math.max(1, Math.floor(lines.length / size)))
  return Array.from({ length: different }, (_, body) => {
    const texts = Array.from({ length: size }, (_, at) => lines[(body * size + at) % lines.length] ?? '')
    return Buffer.from(texts.join(''), 'latin1')
  })
}
