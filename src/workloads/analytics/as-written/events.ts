import { declaredTopics } from '../../../patterns/topics.ts'
import { ENCODED_COLUMNS } from '../events/columns.ts'
import type { TopicSpec } from '../../../stores/kafka/client.ts'

/** The text's only topic, which has no name there. */
export const EVENTS = 'events'
export const GROUP = 'clickhouse'

/** Headers by which `arch` sees which event of which batch a message is; the code under test does not read them. */
export const SEEN = { batch: 'batch', position: 'position' } as const

const FILE = 'schemas/analytics/as-written-topics.json'

/** The declared topics. */
export function asWrittenTopics(): Promise<readonly TopicSpec[]> {
  return declaredTopics(FILE)
}

/** The device's time, the last value, becomes the text's two columns of time. */
const COLUMNS = ENCODED_COLUMNS.slice(0, -1)

/** Seconds of a device's clock as ClickHouse reads them. */
function dateTimeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
}

/**
 * An encoded event as a row of the text's table: the device's clock is believed, to the second.
 * @throws SyntaxError, RangeError for what is no event
 */
export function rowOf(line: string): string {
  const values = JSON.parse(line) as unknown[]
  const row = Object.fromEntries(COLUMNS.map((name, index) => [name, values[index]]))
  const time = dateTimeOf(Number(values[COLUMNS.length]))
  return JSON.stringify({ ...row, event_time: time, date: time.slice(0, 10) })
}
