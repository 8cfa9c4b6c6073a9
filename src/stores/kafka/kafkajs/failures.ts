import { OperationFailure } from '../../../core/errors.ts'
import type { FailureKind } from '../../../core/errors.ts'

const UNAVAILABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSStaleTopicMetadataAssignment',
  'KafkaJSGroupCoordinatorNotFound',
])
const REBALANCE = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** The innermost cause: what wraps it says only how often something was tried. */
function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error
}

function typeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  const root = rootOf(error)
  return 'type' in root ? root.type : undefined
}

function kindOf(root: Error): FailureKind {
  if (root.name === 'KafkaJSRequestTimeoutError') return 'timeout'
  if (UNAVAILABLE.has(root.name)) return 'unavailable'
  if (root.name === 'KafkaJSProtocolError' || root.name === 'KafkaJSError')
    return 'retriable' in root && root.retriable === true ? 'unavailable' : 'unexpected'
  return 'unexpected'
}

/** The group is being divided anew: the next heartbeat of the driver finds out, and joins again. */
export function isRebalance(error: unknown): boolean {
  return REBALANCE.has(String(typeOf(error)))
}

/** What kafkajs threw, as an `OperationFailure`. */
export function classify(error: unknown): OperationFailure {
  if (error instanceof OperationFailure) return error
  if (!(error instanceof Error)) return new OperationFailure('unexpected', `kafka: ${String(error)}`, error)
  const root = rootOf(error)
  if (root.name === 'KafkaJSSASLAuthenticationError')
    return new OperationFailure('unexpected', 'kafka: the user or the password is refused', error)
  return new OperationFailure(kindOf(root), `kafka: ${root.message}`, error)
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  return classify(error).kind !== 'unexpected'
}
