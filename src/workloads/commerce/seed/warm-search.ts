import { newCost } from '../../../core/cost.ts'
import type { ElasticsearchClient } from '../../../stores/elasticsearch/client.ts'
import { judgedQueries } from '../audits/judged-queries.ts'
import { askElasticsearch } from '../fixed/search/elastic.ts'
import { searchTerms } from '../fixed/search/query.ts'
import type { CommercePopulation } from '../population.ts'

/** Searches that a freshly started Elasticsearch answers slowly, since nothing of it is compiled yet. */
const SEARCHES = 600
const IN_FLIGHT = 3

/** The question of the fixed variant. */
export async function askWords(elasticsearch: ElasticsearchClient, words: string): Promise<void> {
  await askElasticsearch(elasticsearch, searchTerms(words, {}, 24), undefined, newCost(), 10_000)
}

/**
 * Asks the search engine until it answers as one that has been running: the run is not about its first minute.
 * @param ask the variant's own question about words
 */
export async function warmSearch(
  ask: (words: string) => Promise<void>,
  population: CommercePopulation,
  seed: number,
): Promise<void> {
  const words = judgedQueries(population, seed).flatMap(({ query, misspelt }) => [query, misspelt])
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < SEARCHES) {
      const wanted = words[next % words.length] ?? ''
      next += 1
      await ask(wanted)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}
