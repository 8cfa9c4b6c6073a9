import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import { sqlAudit } from '../../../patterns/audits/snapshot-audit.ts'
import type { AuditTitle } from '../../../patterns/audits/snapshot-audit.ts'
import { commerceStores } from '../stores.ts'

/** An audit that compares rows of a variant's database one by one: see `snapshot-audit.ts` in the patterns. */
export function commerceSqlAudit(title: AuditTitle, variant: VariantName, compared: string): Audit {
  return sqlAudit(title, ({ stores }) => commerceStores(stores, variant).postgres, compared)
}
