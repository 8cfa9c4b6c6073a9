import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { comparisonSchema } from '../src/core/comparison.ts'
import { resultSchema } from '../src/core/result-schema.ts'

/** The JSON Schemas that are published with the package, by path from its root. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  // As `input`, so that a reader of this version accepts what a later one adds.
  return {
    'schemas/result.schema.json': z.toJSONSchema(resultSchema, { io: 'input' }),
    'schemas/comparison.schema.json': z.toJSONSchema(comparisonSchema, { io: 'input' }),
  }
}

if (import.meta.main) {
  for (const [path, schema] of Object.entries(jsonSchemas()))
    writeFileSync(new URL(`../${path}`, import.meta.url), `${JSON.stringify(schema, undefined, 2)}\n`)
}
