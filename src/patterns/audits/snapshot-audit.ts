import type { Audit, AuditContext, AuditOutcome } from '../../core/audit.ts'
import type { PostgresClient, PostgresQueries, Statement } from '../../stores/postgres/client.ts'
import { outcomeOf } from './findings.ts'

/** The name of an audit, what it proves and which defects it would show. */
export type AuditTitle = Pick<Audit, 'name' | 'claims' | 'defects'>

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
// An audit may take longer than an operation under load; sorts and hashes of a million edges should stay in memory.
const SETTINGS = "SET LOCAL statement_timeout = '5min'; SET LOCAL work_mem = '64MB'"

/** An audit over a read-only snapshot of PostgreSQL: all its statements see the same moment. */
export async function inSnapshot(
  postgres: PostgresClient,
  run: (queries: PostgresQueries) => Promise<AuditOutcome>,
): Promise<AuditOutcome> {
  return await postgres.transaction(async (queries) => {
    await queries.execute(SETTINGS)
    return run(queries)
  }, BEGIN)
}

/** The one row that the statement of an SQL audit answers. */
interface SqlFindings {
  readonly checked: bigint
  readonly violations: bigint
  readonly examples: readonly string[]
}

/** How an audit that is one statement finds its database. */
export type DatabaseOf = (context: AuditContext) => PostgresClient

/**
 * An audit that is one statement: the server compares and answers a single row.
 * @param text answers one row of `checked`, `violations` (int8) and `examples` (text[], at most ten)
 */
export function statementAudit(title: AuditTitle, database: DatabaseOf, text: string): Audit {
  const statement: Statement = { name: `audit ${title.name}`, text }
  return {
    ...title,
    run: (context) =>
      inSnapshot(database(context), async (queries) => {
        const [row] = await queries.query<SqlFindings>(statement)
        const { checked = 0n, violations = 0n, examples = [] } = row ?? {}
        return outcomeOf({
          checked: Number(checked),
          violations: Number(violations),
          examples: [...examples],
        })
      }),
  }
}

/**
 * An audit that compares things one by one.
 * @param compared the body of a CTE that answers one row for each thing compared, with a column `wrong`: null where it
 *   is right, else a line that says what is wrong
 */
export function sqlAudit(title: AuditTitle, database: DatabaseOf, compared: string): Audit {
  return statementAudit(
    title,
    database,
    `WITH compared AS MATERIALIZED (${compared})
      SELECT count(*) AS checked, count(wrong) AS violations,
        ARRAY(SELECT wrong::text FROM compared WHERE wrong IS NOT NULL ORDER BY wrong LIMIT 10) AS examples
      FROM compared`,
  )
}
