// A test build of the functions of schemas/commerce: where the files name a fault point, a call waits while somebody
// holds the gate of that point.
import { schemaFiles } from '../../../src/patterns/schema/files.ts'
import type { PostgresClient } from '../../../src/stores/postgres/client.ts'
import { commerceSchema } from '../../../src/workloads/commerce/schema.ts'

const POINT = /^( *)-- fault point (\S+)$/gm

/** Whose call it is, by the first word of the point: a variable of the function that the point is in. */
const SUBJECTS: Readonly<Record<string, string>> = {
  order: 'customer',
  capture: 'paid_order',
  cancel: 'gone',
}

/** SQL for a gate's key. Calls of different subjects wait at different gates, so does each line of an order. */
function keyOf(point: string): string {
  const subject = SUBJECTS[point.split('.')[0] ?? '']
  if (subject === undefined) throw new Error(`nobody knows whose call it is at ${point}`)
  const name = point === 'order.reserve-line' ? `'${point}-' || line` : `'${point}'`
  return `hashtextextended(${name}, ${subject})`
}

/** The text of a schema file with a wait at each of its fault points. */
function testBuild(text: string): string {
  return text.replaceAll(
    POINT,
    (_line, indent: string, point: string) =>
      `${indent}PERFORM pg_advisory_xact_lock_shared(${keyOf(point)});`,
  )
}

async function filesWithPoints(): Promise<readonly string[]> {
  const files = await schemaFiles(commerceSchema('fixed'))
  return files.map(({ text }) => text).filter((text) => text.search(POINT) >= 0)
}

/** The fault points that the files name. */
export async function namedPoints(): Promise<readonly string[]> {
  return (await filesWithPoints()).flatMap((text) => [...text.matchAll(POINT)].map((match) => match[2] ?? ''))
}

/** Puts the test build in the place of the functions of one database. */
export async function loadTestBuild(postgres: PostgresClient): Promise<void> {
  for (const text of await filesWithPoints()) await postgres.execute(testBuild(text))
}
