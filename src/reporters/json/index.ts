import type { Reporter } from '../reporter.ts'

/** Arrays of numbers (timeline buckets) on one line each; a real line break never stands inside a JSON string. */
const NUMBERS = /\[\n[-\d.e+,\s]+\]/g

/** The result itself, for machines: schemas/result.schema.json describes it. */
export const reporter: Reporter = {
  format: 'json',
  file: 'result.json',
  render: (result) =>
    `${JSON.stringify(result, undefined, 2).replaceAll(NUMBERS, (array) => array.replaceAll(/\s+/g, ''))}\n`,
}
