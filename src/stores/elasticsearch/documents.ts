import { z } from 'zod'
import { OperationFailure } from '../../core/errors.ts'
import type {
  BulkOperation,
  BulkOptions,
  BulkOutcome,
  ElasticsearchClient,
  StoredDocument,
} from './client.ts'
import { CauseSchema, isPassing, reasonOf } from './failures.ts'
import { toJson } from './json.ts'
import type { Names } from './names.ts'
import { count } from './send.ts'
import type { Sender } from './send.ts'

const Result = z.object({ status: z.number(), error: CauseSchema.optional() })
const Bulk = z.object({ items: z.array(z.record(z.string(), Result)) })
const Got = z.object({
  docs: z.array(
    z.object({
      _id: z.string(),
      found: z.boolean().optional(),
      _source: z.unknown().optional(),
      _version: z.union([z.bigint(), z.number()]).optional(),
      error: CauseSchema.optional(),
    }),
  ),
})

function linesOf(operations: readonly BulkOperation[], versionType: string): string {
  let lines = ''
  for (const operation of operations) {
    const action = { _id: operation.id, version: operation.version, version_type: versionType }
    lines += `${toJson({ [operation.kind]: action })}\n`
    if (operation.kind === 'index') lines += `${toJson(operation.document)}\n`
  }
  return lines
}

function outcomeOf({ status, error }: z.infer<typeof Result>): BulkOutcome {
  // 404 without an error: the deleted document was not there.
  if (error === undefined) return { outcome: 'done' }
  if (error.type === 'version_conflict_engine_exception') return { outcome: 'stale' }
  return { outcome: 'failed', reason: reasonOf(error), permanent: !isPassing(status) }
}

function outcomesOf(body: unknown, operations: number): readonly BulkOutcome[] {
  const { items } = Bulk.parse(body)
  if (items.length !== operations)
    throw new OperationFailure('unexpected', `elasticsearch: ${items.length} outcomes of ${operations}`)
  return items.map((item) => {
    const [result] = Object.values(item)
    if (result === undefined) throw new OperationFailure('unexpected', 'elasticsearch: an empty outcome')
    return outcomeOf(result)
  })
}

/** What reads and writes documents by their ids. */
export function documentsOver({ send }: Sender, names: Names): Pick<ElasticsearchClient, 'bulk' | 'getMany'> {
  return {
    async bulk(index, operations, cost, options: BulkOptions = {}) {
      if (operations.length === 0) return []
      const answer = await send({
        method: 'POST',
        path: `/${names.full(index)}/_bulk`,
        query: options.waitsForRefresh === true ? { refresh: 'wait_for' } : {},
        lines: linesOf(operations, options.versionType ?? 'external'),
        timeoutMs: options.timeoutMs,
        signal: options.signal,
      })
      const outcomes = outcomesOf(answer.body, operations.length)
      count(cost, answer, operations.length, operations.length)
      return outcomes
    },
    async getMany<Source extends object>(...[index, ids, cost]: Parameters<ElasticsearchClient['getMany']>) {
      if (ids.length === 0) return []
      const answer = await send({ method: 'POST', path: `/${names.full(index)}/_mget`, body: { ids } })
      const { docs } = Got.parse(answer.body)
      const found = docs.map((document): StoredDocument<Source> | undefined => {
        if (document.error !== undefined)
          throw new OperationFailure('unexpected', `elasticsearch: ${reasonOf(document.error)}`)
        if (document.found !== true) return undefined
        return {
          id: document._id,
          source: document._source as Source,
          version: BigInt(document._version ?? 0),
        }
      })
      count(cost, answer, 1, found.filter((document) => document !== undefined).length)
      return found
    },
  }
}
