import type { VariantName } from '../../../core/names.ts'
import type { Audit, AuditContext, AuditOutcome } from '../../../core/workload.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { socialStores } from '../stores.ts'
import { outcomeOf } from './findings.ts'

/** What an audit of the social case works with. */
export interface AuditWork {
  /** One read-only snapshot: all statements of the audit see the same moment. */
  readonly postgres: PostgresQueries
  readonly redis: RedisClient
  readonly context: AuditContext
  readonly variant: VariantName
}

/** The name of an audit, what it proves and which defects it would show. */
export type AuditTitle = Pick<Audit, 'name' | 'claims' | 'defects'>

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
// An audit may take longer than an operation under load; sorts and hashes of a million edges should stay in memory.
const SETTINGS = "SET LOCAL statement_timeout = '5min'; SET LOCAL work_mem = '64MB'"

/** An audit over a read-only snapshot of one variant's stores. What it throws means that it could not run. */
export function socialAudit(
  title: AuditTitle,
  variant: VariantName,
  run: (work: AuditWork) => Promise<AuditOutcome>,
): Audit {
  return {
    ...title,
    async run(context) {
      const { postgres, redis } = socialStores(context.stores, variant)
      return await postgres.transaction(async (queries) => {
        await queries.execute(SETTINGS)
        return run({ postgres: queries, redis, context, variant })
      }, BEGIN)
    },
  }
}

/** The one row that the statement of an SQL audit answers. */
interface SqlFindings {
  readonly checked: bigint
  readonly violations: bigint
  readonly examples: readonly string[]
}

/**
 * An audit that is one statement: the server compares and answers a single row.
 * @param text answers one row of `checked`, `violations` (int8) and `examples` (text[], at most ten)
 */
export function statementAudit(title: AuditTitle, variant: VariantName, text: string): Audit {
  const statement: Statement = { name: `audit ${variant} ${title.name}`, text }
  return socialAudit(title, variant, async ({ postgres }) => {
    const [row] = await postgres.query<SqlFindings>(statement)
    const { checked = 0n, violations = 0n, examples = [] } = row ?? {}
    return outcomeOf({ checked: Number(checked), violations: Number(violations), examples: [...examples] })
  })
}

/**
 * An audit that compares things one by one.
 * @param compared the body of a CTE that answers one row for each thing compared, with a column `wrong`: null where it
 *   is right, else a line that says what is wrong
 */
export function sqlAudit(title: AuditTitle, variant: VariantName, compared: string): Audit {
  return statementAudit(
    title,
    variant,
    `WITH compared AS MATERIALIZED (${compared})
      SELECT count(*) AS checked, count(wrong) AS violations,
        ARRAY(SELECT wrong::text FROM compared WHERE wrong IS NOT NULL ORDER BY wrong LIMIT 10) AS examples
      FROM compared`,
  )
}
