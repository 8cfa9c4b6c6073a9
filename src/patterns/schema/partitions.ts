import { ArchError } from '../../core/errors.ts'
import type { StepReport } from '../../core/population.ts'
import type { PostgresClient, PostgresQueries, Statement } from '../../stores/postgres/client.ts'
import type { DeclaredSchema } from './files.ts'

/** How many months are made ahead where nobody asks for more (SOC-44). */
export const MONTHS_AHEAD = 3

const ENSURE: Statement = {
  name: 'schema_ensure_partitions',
  text: 'SELECT ensure_month_partitions($1) AS made',
}
const ENSURE_MONTH: Statement = {
  name: 'schema_ensure_month',
  text: 'SELECT ensure_month_partition(parent, $2) FROM unnest($1::text[]) AS monthly(parent)',
}

/** Month partitions, from last month to `ahead` months from now; answers how many were made. */
export async function ensureMonths(queries: PostgresQueries, ahead: number): Promise<number> {
  const [row] = await queries.query<{ made: number }>(ENSURE, [ahead])
  return row?.made ?? 0
}

/** The month partitions that a moment lies in. */
export async function ensureMonthOf(
  queries: PostgresQueries,
  schema: DeclaredSchema,
  moment: Date,
): Promise<void> {
  await queries.query(ENSURE_MONTH, [[...schema.monthly], moment])
}

/**
 * Makes the month partitions of a variant's database ahead (SOC-44, ECM-54, X-09).
 * @throws ArchError (exit 3) when the database has not been provisioned
 */
export async function ensurePartitions(
  postgres: PostgresClient,
  schema: DeclaredSchema,
  ahead: number,
): Promise<StepReport> {
  const { database, workload } = schema
  if (!(await postgres.databaseExists(database))) {
    throw new ArchError(`the database ${database} is not there`, `Run \`arch provision ${workload}\` first.`)
  }
  const made = await ensureMonths(postgres, ahead)
  const summary =
    made === 0 ? `${ahead} months ahead were there` : `${made} partitions made, ${ahead} months ahead`
  return { changed: made > 0, summary }
}
