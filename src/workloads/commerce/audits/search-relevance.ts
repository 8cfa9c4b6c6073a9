import { newCost } from '../../../core/cost.ts'
import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { askElasticsearch } from '../fixed/search/elastic.ts'
import { askPostgres } from '../fixed/search/fallback.ts'
import { searchTerms } from '../fixed/search/query.ts'
import { buildPopulation } from '../population/build.ts'
import { commerceStores } from '../stores.ts'
import { judgedQueries, ndcgAt10 } from './judged-queries.ts'
import type { JudgedQuery } from './judged-queries.ts'

const LEAST_NDCG = 0.8
const LEAST_RECALL = 0.9

type Ask = (words: string) => Promise<readonly string[]>

interface Relevance {
  /** Mean over the queries. */
  readonly ndcg: number
  /** Share of misspelt queries that find the thing in their first ten. */
  readonly recall: number
}

async function measure(queries: readonly JudgedQuery[], ask: Ask): Promise<Relevance> {
  let ndcg = 0
  let recalled = 0
  for (const { query, misspelt, grades } of queries) {
    ndcg += ndcgAt10(await ask(query), grades)
    const found = (await ask(misspelt)).slice(0, 10)
    if (found.some((id) => (grades.get(id) ?? 0) >= 2)) recalled += 1
  }
  return { ndcg: ndcg / queries.length, recall: recalled / queries.length }
}

function said(engine: string, { ndcg, recall }: Relevance): string {
  return `${engine}: nDCG@10 ${ndcg.toFixed(3)}, misspelt queries answered ${(100 * recall).toFixed(0)} %`
}

/** An audit asks what is found, not how soon: a shopper is answered by PostgreSQL instead. */
const PATIENCE_MS = 10_000

/**
 * A small judged set of queries is ranked well, nDCG of the first ten at least .8 in the mean, and at least nine in ten of
 * them are answered with a typing error in them (ECM-82, ECM-83, E-36). What PostgreSQL would answer is noted beside it.
 */
export const searchRelevance: Audit = {
  name: 'search.relevance',
  claims: ['ECM-82', 'ECM-83', 'ECM-84'],
  defects: ['E-36', 'E-41'],
  async run({ stores, population }) {
    const { elasticsearch, postgres } = commerceStores(stores, 'fixed')
    const queries = judgedQueries(buildPopulation(population), population.seed)
    const terms = (words: string): ReturnType<typeof searchTerms> => searchTerms(words, {}, 10)
    const usual = await measure(
      queries,
      async (words) =>
        (await askElasticsearch(elasticsearch, terms(words), undefined, newCost(), PATIENCE_MS)).ids,
    )
    const degraded = await measure(
      queries,
      async (words) => (await askPostgres(postgres, terms(words), 0, newCost())).ids,
    )
    const findings = newFindings()
    findings.checked = 2 * queries.length
    if (usual.ndcg < LEAST_NDCG)
      addViolation(findings, `${said('Elasticsearch', usual)}; at least ${LEAST_NDCG} is wanted`)
    if (usual.recall < LEAST_RECALL)
      addViolation(findings, `${said('Elasticsearch', usual)}; at least ${100 * LEAST_RECALL} % is wanted`)
    return outcomeOf(findings, `${said('Elasticsearch', usual)}; ${said('PostgreSQL', degraded)}`)
  },
}
