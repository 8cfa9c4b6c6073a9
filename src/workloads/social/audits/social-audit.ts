import type { VariantName } from '../../../core/names.ts'
import type { Audit, AuditContext, AuditOutcome } from '../../../core/audit.ts'
import type { PostgresQueries } from '../../../stores/postgres/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import {
  inSnapshot,
  sqlAudit as sqlAuditOf,
  statementAudit as statementAuditOf,
} from '../../../patterns/audits/snapshot-audit.ts'
import type { AuditTitle, DatabaseOf } from '../../../patterns/audits/snapshot-audit.ts'
import { socialStores } from '../stores.ts'

/** What an audit of the social case works with. */
export interface AuditWork {
  /** One read-only snapshot: all statements of the audit see the same moment. */
  readonly postgres: PostgresQueries
  readonly redis: RedisClient
  readonly context: AuditContext
  readonly variant: VariantName
}

/** An audit over a read-only snapshot of one variant's stores. What it throws means that it could not run. */
export function socialAudit(
  title: AuditTitle,
  variant: VariantName,
  run: (work: AuditWork) => Promise<AuditOutcome>,
): Audit {
  return {
    ...title,
    run(context) {
      const { postgres, redis } = socialStores(context.stores, variant)
      return inSnapshot(postgres, (queries) => run({ postgres: queries, redis, context, variant }))
    },
  }
}

function databaseOf(variant: VariantName): DatabaseOf {
  return ({ stores }) => socialStores(stores, variant).postgres
}

/** An audit that is one statement over a variant's database: see `snapshot-audit.ts` in the patterns. */
export function statementAudit(title: AuditTitle, variant: VariantName, text: string): Audit {
  return statementAuditOf(title, databaseOf(variant), text)
}

/** An audit that compares rows of a variant's database one by one: see `snapshot-audit.ts` in the patterns. */
export function sqlAudit(title: AuditTitle, variant: VariantName, compared: string): Audit {
  return sqlAuditOf(title, databaseOf(variant), compared)
}
