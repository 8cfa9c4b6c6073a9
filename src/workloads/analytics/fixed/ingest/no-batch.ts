import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'
import { EVENT_VERSION } from '../../events/encode.ts'
import { HEADER, isBatchNumber } from '../topics.ts'
import { linesIn } from './frame.ts'

/** A position has 16 bits. */
const MOST_EVENTS = 2 ** 16

const REASONS = {
  length: `more than ${MOST_EVENTS} lines`,
  number: 'a batch without a number',
  version: 'an encoding of an unknown version',
} as const

/** Why a record may be no batch, in the words of its dead letters. What such a one says of its number counts for nothing. */
export const NO_BATCH_REASONS: readonly string[] = Object.values(REASONS)

/** Whether a record has more lines than events can be told apart by. */
export function isTooLong({ value }: ReceivedMessage): boolean {
  return value.length > MOST_EVENTS && linesIn(value) > MOST_EVENTS
}

/** Why a record is no batch; undefined for one. */
export function whyNoBatch(record: ReceivedMessage): string | undefined {
  if (isTooLong(record)) return REASONS.length
  if (!isBatchNumber(record.headers[HEADER.batch])) return REASONS.number
  return record.headers[HEADER.version] === EVENT_VERSION ? undefined : REASONS.version
}
