import { z } from 'zod'
import type { DefectId, VariantName } from './names.ts'

/** One defect of the text, on the same data and traffic in both variants. */
export interface ComparisonRow {
  readonly defect: DefectId
  readonly title: string
  /** Targets (`like.add p99`), error budgets, checks and audits of which one had to fail in the variant as written. */
  readonly shownBy: readonly string[]
  /** `evidence` is what was seen, e.g. `feed.read p99 812 ms, bound 300 ms`. */
  readonly asWritten: { readonly shown: boolean; readonly evidence: string }
  readonly fixed: { readonly held: boolean; readonly evidence: string }
}

/** What `--variant both` saves beside the two results: `schema` arch.comparison/1. */
export interface Comparison {
  readonly schema: 'arch.comparison/1'
  readonly workload: string
  readonly profile: string
  readonly startedAt: string
  /** Paths of the two result.json, relative to comparison.json. */
  readonly results: { readonly asWritten: string; readonly fixed: string }
  /** How the two took turns on the machine, half a window a turn (law 8). */
  readonly order: readonly VariantName[]
  readonly rows: readonly ComparisonRow[]
}

/** The zod schema of comparison.json. */
export const comparisonSchema: z.ZodType<Comparison> = z.object({
  schema: z.literal('arch.comparison/1'),
  workload: z.string(),
  profile: z.string(),
  startedAt: z.iso.datetime(),
  results: z.object({ asWritten: z.string(), fixed: z.string() }),
  order: z.array(z.enum(['fixed', 'as-written'])),
  rows: z.array(
    z.object({
      defect: z.string(),
      title: z.string(),
      shownBy: z.array(z.string()),
      asWritten: z.object({ shown: z.boolean(), evidence: z.string() }),
      fixed: z.object({ held: z.boolean(), evidence: z.string() }),
    }),
  ),
})
