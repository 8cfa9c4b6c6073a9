import { deriveSeed, random01, randomBelow } from '../../../core/random.ts'
import type { CommercePopulation } from '../population.ts'
import { ADJECTIVES, CATEGORIES } from '../population/words.ts'
import { misspell } from '../traffic/misspell.ts'

/** A query with the judgement of every product that it concerns, by id: 3 best, 1 least; all others are 0. */
export interface JudgedQuery {
  readonly query: string
  /** With a typing error in its first word. */
  readonly misspelt: string
  readonly grades: ReadonlyMap<string, number>
}

const QUERIES = 40

/**
 * Judged by what a person sees, whatever the engine scores: the thing itself as described 3, the thing 2, another thing
 * that is described so, or whose text names the thing, 1. Pure in the seed.
 */
export function judgedQueries(population: CommercePopulation, seed: number): readonly JudgedQuery[] {
  const own = deriveSeed(seed, 'judged queries')
  const nouns = CATEGORIES.flatMap((category) => category.nouns)
  const products = Array.from({ length: population.size }, (_, index) => population.product(index))
  return Array.from({ length: QUERIES }, (_, number) => {
    const noun = nouns[randomBelow(nouns.length, own, number)] ?? ''
    const adjective = ADJECTIVES[randomBelow(ADJECTIVES.length, own, number, 1)] ?? ''
    const grades = new Map<string, number>()
    for (const product of products) {
      const words = product.title.split(' ')
      const isIt = words.includes(noun)
      const isSo = words.includes(adjective)
      const grade = isIt ? (isSo ? 3 : 2) : isSo || product.description.includes(noun) ? 1 : 0
      if (grade > 0) grades.set(product.productId.toString(), grade)
    }
    return {
      query: `${noun} ${adjective}`,
      misspelt: `${misspell(noun, random01(own, number, 2))} ${adjective}`,
      grades,
    }
  })
}

function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, rank) => sum + (2 ** grade - 1) / Math.log2(rank + 2), 0)
}

/**
 * Normalised discounted cumulative gain of the first ten results, 0 to 1 (Järvelin and Kekäläinen, 2002): 1 where no order
 * of all products would be better.
 */
export function ndcgAt10(found: readonly string[], grades: ReadonlyMap<string, number>): number {
  const ideal = [...grades.values()].sort((one, other) => other - one).slice(0, 10)
  const best = gain(ideal)
  return best === 0 ? 1 : gain(found.slice(0, 10).map((id) => grades.get(id) ?? 0)) / best
}
