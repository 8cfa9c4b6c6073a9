import type { AuditResult, CheckResult, Result } from '../../core/result.ts'
import { whole } from '../numbers.ts'
import { textTable, wrap } from '../table.ts'
import type { Column } from '../table.ts'
import type { Paint } from './paint.ts'

interface InvariantRow {
  readonly kind: 'check' | 'audit'
  readonly name: string
  readonly checked: number
  readonly violations: number
  readonly state: string
  readonly ids: readonly string[]
  readonly lines: readonly string[]
}

const MARKS: Readonly<Record<AuditResult['state'], string>> = {
  held: '✓ held',
  violated: '✗ violated',
  'nothing to check': '? nothing to check',
  'could not run': '? could not run',
}

function checkState(check: CheckResult): AuditResult['state'] {
  if (check.violations > 0) return 'violated'
  return check.checked === 0 ? 'nothing to check' : 'held'
}

function rowsOf(result: Result): InvariantRow[] {
  const checks = result.operations.flatMap((operation) =>
    operation.checks.map((check): InvariantRow => {
      const { name, checked, violations, examples } = check
      const ids = [...check.claims, ...check.defects]
      return {
        kind: 'check',
        name,
        checked,
        violations,
        state: MARKS[checkState(check)],
        ids,
        lines: examples,
      }
    }),
  )
  const audits = result.audits.map((audit): InvariantRow => {
    const { name, checked, violations, examples } = audit
    const ids = [...audit.claims, ...audit.defects]
    const lines = audit.note === null ? examples : [audit.note, ...examples]
    return { kind: 'audit', name, checked, violations, state: MARKS[audit.state], ids, lines }
  })
  return [...checks, ...audits]
}

/** Checks on responses and audits on stores and journal, with an example of each violation. */
export function invariantTable(result: Result, columns: number, paint: Paint): string {
  const rows = rowsOf(result)
  const shape: Column<InvariantRow>[] = [
    { title: 'invariant', align: 'left', dispensable: 0, cell: (row) => row.name },
    { title: '', align: 'left', dispensable: 3, cell: (row) => row.kind },
    { title: 'checked', align: 'right', dispensable: 2, cell: (row) => whole(row.checked) },
    {
      title: 'violations',
      align: 'right',
      dispensable: 1,
      cell: (row) => whole(row.violations),
      paint: paint.alarmNumber,
    },
    { title: 'state', align: 'left', dispensable: 0, cell: (row) => row.state, paint: paint.mark },
    { title: 'ids', align: 'left', dispensable: 4, cell: (row) => row.ids.join(' ') },
  ]
  const examples = rows
    .filter((row) => !row.state.startsWith('✓'))
    .flatMap((row) => row.lines.slice(0, 3).map((line) => `${row.name}: ${line}`))
    .flatMap((line) => wrap(line, columns - 4).map((piece) => `    ${piece}`))
  return [textTable(shape, rows, columns, paint.title), ...examples].filter((text) => text !== '').join('\n')
}
