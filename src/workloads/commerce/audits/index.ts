import type { Audit } from '../../../core/workload.ts'

/** The audits of the fixed variant. */
export const fixedAudits: readonly Audit[] = []
