import { OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'
import type { QueryAnswer } from './answers.ts'

/** Exceptions that a later attempt may not meet, by Pinot's codes (QueryException). Everything else is `unexpected`. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  210: 'unavailable', // SERVER_SHUTTING_DOWN
  211: 'unavailable', // SERVER_OUT_OF_CAPACITY
  230: 'unavailable', // SERVER_TABLE_MISSING
  235: 'unavailable', // SERVER_SEGMENT_MISSING
  240: 'timeout', // QUERY_SCHEDULING_TIMEOUT
  250: 'timeout', // EXECUTION_TIMEOUT
  305: 'unavailable', // SEGMENTS_UNAVAILABLE
  400: 'timeout', // BROKER_TIMEOUT
  410: 'unavailable', // BROKER_RESOURCE_MISSING
  420: 'unavailable', // BROKER_REQUEST_SEND
  427: 'unavailable', // SERVER_NOT_RESPONDING
  429: 'unavailable', // TOO_MANY_REQUESTS
}

/** Lets whole answers alone through: one that lacks a server's rows would pass for fewer rows. @throws OperationFailure */
export function requireWhole(answer: QueryAnswer): void {
  const { exceptions, numServersQueried, numServersResponded, numGroupsLimitReached } = answer
  const [first] = exceptions
  if (first !== undefined) {
    const [line = ''] = first.message.split('\n')
    throw new OperationFailure(KINDS[first.errorCode] ?? 'unexpected', `pinot: ${line} (${first.errorCode})`)
  }
  if (numServersResponded < numServersQueried)
    throw new OperationFailure(
      'unavailable',
      `pinot: ${numServersResponded} of ${numServersQueried} servers answered`,
    )
  if (numGroupsLimitReached)
    throw new OperationFailure('unexpected', 'pinot: more groups than a server keeps (100,000)')
}
