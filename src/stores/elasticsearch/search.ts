import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { OperationFailure } from '../../core/errors.ts'
import type {
  ElasticsearchClient,
  SearchAnswer,
  SearchHit,
  SearchRequest,
  SortValue,
  StoredDocument,
} from './client.ts'
import type { Names } from './names.ts'
import { count } from './send.ts'
import type { Sender } from './send.ts'

const WALK_SECONDS = 60

const Version = z.union([z.bigint(), z.number()])
const Sort: z.ZodType<SortValue> = z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.null()])
const Hit = z.object({
  _id: z.string(),
  _score: z.number().nullish(),
  _source: z.unknown().optional(),
  _version: Version.optional(),
  sort: z.array(Sort).optional(),
})
const Found = z.object({
  took: z.number(),
  timed_out: z.boolean(),
  pit_id: z.string().optional(),
  hits: z.object({
    total: z.object({ value: z.number(), relation: z.enum(['eq', 'gte']) }).optional(),
    hits: z.array(Hit),
  }),
  aggregations: z.unknown().optional(),
  suggest: z.unknown().optional(),
})
const Opened = z.object({ id: z.string() })
const Counted = z.object({ count: z.number() })

function hitOf<Source>(hit: z.infer<typeof Hit>): SearchHit<Source> {
  return {
    id: hit._id,
    score: hit._score ?? undefined,
    // The mapping of the caller's own index is what holds its type.
    source: hit._source as Source | undefined,
    sort: hit.sort ?? [],
    ...(hit._version === undefined ? {} : { version: BigInt(hit._version) }),
  }
}

function answerOf<Source>(found: z.infer<typeof Found>): SearchAnswer<Source> {
  const { total, hits } = found.hits
  return {
    total: total?.value ?? 0,
    relation: total?.relation ?? 'gte',
    tookMs: found.took,
    hits: hits.map((hit) => hitOf<Source>(hit)),
    ...(found.pit_id === undefined ? {} : { pointInTime: found.pit_id }),
    ...(found.aggregations === undefined ? {} : { aggregations: found.aggregations }),
    ...(found.suggest === undefined ? {} : { suggest: found.suggest }),
  }
}

type Searches = Pick<
  ElasticsearchClient,
  'search' | 'openPointInTime' | 'closePointInTime' | 'count' | 'forEach'
>

/** What reads many documents at once. */
export function searchesOver({ send }: Sender, names: Names): Searches {
  async function search<Source extends object>(
    request: SearchRequest,
    cost?: Cost,
  ): Promise<SearchAnswer<Source>> {
    const { index, body, timeoutMs, signal } = request
    const answer = await send({
      method: 'POST',
      path: index === undefined ? '/_search' : `/${names.full(index)}/_search`,
      // Part of an answer would be taken for all of it.
      query: {
        allow_partial_search_results: false,
        ...(timeoutMs === undefined ? {} : { timeout: `${Math.max(1, Math.ceil(timeoutMs))}ms` }),
      },
      body,
      timeoutMs,
      signal,
    })
    const found = Found.parse(answer.body)
    if (found.timed_out) throw new OperationFailure('timeout', 'elasticsearch: the search took too long')
    count(cost, answer, 1, found.hits.hits.length)
    return answerOf<Source>(found)
  }

  async function openPointInTime(
    index: string,
    keepAliveSeconds: number,
    timeoutMs?: number,
  ): Promise<string> {
    const path = `/${names.full(index)}/_pit`
    const query = { keep_alive: `${keepAliveSeconds}s` }
    const { body } = await send({ method: 'POST', path, query, timeoutMs })
    return Opened.parse(body).id
  }

  async function closePointInTime(id: string): Promise<void> {
    await send({ method: 'DELETE', path: '/_pit', body: { id }, mayMiss: true })
  }

  return {
    search,
    openPointInTime,
    closePointInTime,
    async count(index, query, cost) {
      const path = `/${names.full(index)}/_count`
      const answer = await send({
        method: 'POST',
        path,
        body: query === undefined ? {} : { query },
      })
      count(cost, answer, 1, 0)
      return Counted.parse(answer.body).count
    },
    async forEach<Source extends object>(
      index: string,
      pageSize: number,
      handle: (page: readonly StoredDocument<Source>[]) => Promise<void> | void,
    ) {
      let pointInTime = await openPointInTime(index, WALK_SECONDS)
      let walked = 0
      let after: readonly SortValue[] | undefined
      try {
        for (;;) {
          const page: SearchAnswer<Source> = await search<Source>({
            body: {
              pit: { id: pointInTime, keep_alive: `${WALK_SECONDS}s` },
              size: pageSize,
              sort: ['_shard_doc'],
              version: true,
              track_total_hits: false,
              ...(after === undefined ? {} : { search_after: after }),
            },
          })
          pointInTime = page.pointInTime ?? pointInTime
          const last = page.hits.at(-1)
          if (last === undefined) return walked
          walked += page.hits.length
          after = last.sort
          await handle(
            page.hits.map(({ id, source, version = 0n }) => ({ id, source: source as Source, version })),
          )
        }
      } finally {
        await closePointInTime(pointInTime)
      }
    },
  }
}
