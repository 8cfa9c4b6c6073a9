import type { VariantName } from '../../../core/names.ts'
import type { Population } from '../../../core/workload.ts'
import { schemaFile } from '../schema/files.ts'

/** Raised whenever the same seed and size give other rows than before. */
const GENERATOR_VERSION = 1

/** What a template's rows follow from. */
export interface Fingerprint {
  readonly seed: number
  readonly size: number
  /** Of the schema file's content. */
  readonly schema: string
  readonly generator: number
}

/** The fingerprint of the template that a population needs. */
export async function fingerprintOf(variant: VariantName, population: Population): Promise<Fingerprint> {
  const { digest } = await schemaFile(variant)
  return { seed: population.seed, size: population.size, schema: digest, generator: GENERATOR_VERSION }
}

/** Why a template of one fingerprint does not serve another; empty when it does. */
export function reasonsToSeedAgain(had: Fingerprint, wanted: Fingerprint): readonly string[] {
  const reasons: string[] = []
  if (had.seed !== wanted.seed) reasons.push(`the seed was ${had.seed} and is ${wanted.seed}`)
  if (had.size !== wanted.size) reasons.push(`the population was ${had.size} users and is ${wanted.size}`)
  if (had.schema !== wanted.schema) reasons.push('the schema file has changed')
  if (had.generator !== wanted.generator) reasons.push('the generator of rows has changed')
  return reasons
}
