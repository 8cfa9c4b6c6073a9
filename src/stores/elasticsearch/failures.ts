import { errors } from '@elastic/elasticsearch'
import { z } from 'zod'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'

const KINDS: Readonly<Record<number, FailureKind>> = {
  408: 'timeout',
  409: 'conflict',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
}

/** What the server says of one thing that went wrong. */
export interface Cause {
  readonly type: string
  readonly reason?: string | null | undefined
}

export const CauseSchema: z.ZodType<Cause> = z.object({ type: z.string(), reason: z.string().nullish() })
const Details = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  root_cause: z.array(CauseSchema).optional(),
})
const ErrorBody = z.object({ error: z.union([z.string(), Details]) })

/** An item or a request that was refused for now: trying later may help. */
export function isPassing(status: number): boolean {
  return status === 429 || status >= 500
}

/** What the server says of an error, in one line. */
export function reasonOf(cause: Cause): string {
  return `${cause.type}${cause.reason ? `: ${cause.reason}` : ''}`
}

function saidBy(error: errors.ResponseError): string {
  const body = ErrorBody.safeParse(error.body)
  if (!body.success) return `status ${error.statusCode}`
  const said = body.data.error
  if (typeof said === 'string') return said
  // `search_phase_execution_exception: all shards failed` says nothing; its root does.
  return reasonOf(said.root_cause?.[0] ?? said)
}

function ofResponse(error: errors.ResponseError, server: string): Error {
  const status = error.statusCode ?? 0
  const said = saidBy(error)
  if (status === 401) {
    return new ArchError(
      `Elasticsearch at ${server} refuses the user or the password`,
      'Correct ARCH_ELASTICSEARCH_URL; an instance of ours whose data is from another one goes with: arch down --volumes',
      3,
    )
  }
  if (status === 403) {
    const hint =
      'An instance of ours lets the application use indices called arch-* and products*, and nothing else.'
    return new ArchError(`Elasticsearch at ${server} does not allow this: ${said}`, hint, 3)
  }
  const kind = /timeout_exception|Time exceeded/.test(said) ? 'timeout' : (KINDS[status] ?? 'unexpected')
  return new OperationFailure(kind, `elasticsearch: ${said}`, error)
}

/**
 * What the driver threw, as an `OperationFailure` or, where the server refuses the password or the right, an
 * `ArchError`; anything else comes back as it is. Neither holds a password: the driver's errors hide it.
 * @param server `host:port`, for people
 * @param signal by which the caller may have given up
 */
export function classify(error: unknown, server: string, signal?: AbortSignal): unknown {
  if (error instanceof errors.ResponseError) return ofResponse(error, server)
  // A signal that has a reason of its own reaches us as a lost connection.
  if (signal?.aborted === true && error instanceof errors.ElasticsearchClientError)
    return new OperationFailure('timeout', 'elasticsearch: the caller gave up', error)
  if (error instanceof errors.TimeoutError)
    return new OperationFailure('timeout', 'elasticsearch: no answer in time', error)
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError)
    return new OperationFailure('unavailable', `elasticsearch: ${error.message}`, error)
  if (error instanceof errors.ElasticsearchClientError)
    return new OperationFailure('unexpected', `elasticsearch: ${error.message}`, error)
  return error
}
