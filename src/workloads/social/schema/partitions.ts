import { ArchError } from '../../../core/errors.ts'
import type { VariantName } from '../../../core/names.ts'
import type { Stores } from '../../../core/store.ts'
import type { StepReport } from '../../../core/workload.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { DATABASES, socialStores } from '../stores.ts'

/** How many months are made ahead where nobody asks for more (SOC-44). */
export const MONTHS_AHEAD = 3

const ENSURE: Statement = {
  name: 'social_ensure_partitions',
  text: 'SELECT ensure_month_partitions($1) AS made',
}
const ENSURE_MONTH: Statement = {
  name: 'social_ensure_month',
  text: `SELECT ensure_month_partition('posts', $1), ensure_month_partition('comments', $1)`,
}

/** Month partitions of posts and comments, from last month to `ahead` months from now; answers how many were made. */
export async function ensureMonths(queries: PostgresQueries, ahead: number): Promise<number> {
  const [row] = await queries.query<{ made: number }>(ENSURE, [ahead])
  return row?.made ?? 0
}

/** The month partitions of posts and comments that a moment lies in. */
export async function ensureMonthOf(queries: PostgresQueries, moment: Date): Promise<void> {
  await queries.query(ENSURE_MONTH, [moment])
}

/**
 * Makes the month partitions of a variant's database ahead (SOC-44, X-09).
 * @throws ArchError (exit 3) when the database has not been provisioned
 */
export async function ensurePartitions(
  variant: VariantName,
  stores: Stores,
  ahead: number,
): Promise<StepReport> {
  const { postgres } = socialStores(stores, variant)
  const database = DATABASES[variant]?.postgres ?? ''
  if (!(await postgres.databaseExists(database))) {
    throw new ArchError(`the database ${database} is not there`, 'Run `arch provision social` first.')
  }
  const made = await ensureMonths(postgres, ahead)
  const summary =
    made === 0 ? `${ahead} months ahead were there` : `${made} partitions made, ${ahead} months ahead`
  return { changed: made > 0, summary }
}
