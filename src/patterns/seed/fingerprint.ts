import type { Population } from '../../core/population.ts'
import { schemaDigest } from '../schema/files.ts'
import type { DeclaredSchema } from '../schema/files.ts'

/** What a template's rows follow from. */
export interface Fingerprint {
  readonly seed: number
  readonly size: number
  /** Of the schema files' content. */
  readonly schema: string
  readonly generator: number
}

/**
 * The fingerprint of the template that a population needs.
 * @param generator raised whenever the same seed and size give other rows than before
 */
export async function fingerprintOf(
  schema: DeclaredSchema,
  population: Population,
  generator: number,
): Promise<Fingerprint> {
  return { seed: population.seed, size: population.size, schema: await schemaDigest(schema), generator }
}

/** Why a template of one fingerprint does not serve another; empty when it does. `unit`: what the size counts. */
export function reasonsToSeedAgain(had: Fingerprint, wanted: Fingerprint, unit: string): readonly string[] {
  const reasons: string[] = []
  if (had.seed !== wanted.seed) reasons.push(`the seed was ${had.seed} and is ${wanted.seed}`)
  if (had.size !== wanted.size) reasons.push(`the population was ${had.size} ${unit} and is ${wanted.size}`)
  if (had.schema !== wanted.schema) reasons.push('the schema file has changed')
  if (had.generator !== wanted.generator) reasons.push('the generator of rows has changed')
  return reasons
}
