import pc from 'picocolors'
import type { Comparison, ComparisonRow } from '../core/comparison.ts'
import type { RenderOptions } from './reporter.ts'
import { factLine, textTable, wrap } from './table.ts'
import type { Column } from './table.ts'

function outcome(row: ComparisonRow): string {
  if (!row.fixed.held) return '✗ not held'
  return row.asWritten.shown ? '✓' : '? not shown'
}

/**
 * The table of `--variant both`: defect by defect, where the text breaks and the fixed design holds. A declared defect
 * that did not show is listed below as *not shown*.
 */
export function renderComparison(comparison: Comparison, options: RenderOptions): string {
  const columns = Math.max(40, Math.min(options.columns, 160))
  const colours = pc.createColors(options.colour)
  const paint = (text: string): string => {
    if (text.includes('✗')) return colours.red(text)
    return text.includes('?') ? colours.yellow(text) : colours.green(text)
  }
  const shape: Column<ComparisonRow>[] = [
    { title: 'defect', align: 'left', dispensable: 0, cell: (row) => row.defect },
    { title: '', align: 'left', dispensable: 3, cell: (row) => row.title },
    { title: 'as written', align: 'left', dispensable: 2, cell: (row) => row.asWritten.evidence },
    { title: 'fixed', align: 'left', dispensable: 2, cell: (row) => row.fixed.evidence },
    { title: 'outcome', align: 'left', dispensable: 0, cell: outcome, paint },
  ]
  const hidden = comparison.rows.filter((row) => !row.asWritten.shown)
  const lines = hidden.flatMap((row) =>
    wrap(`not shown: ${row.defect} ${row.title}; looked at ${row.shownBy.join(', ')}`, columns - 4).map(
      (line, index) => `${index === 0 ? '  - ' : '    '}${line}`,
    ),
  )
  const shown = comparison.rows.length - hidden.length
  const held = comparison.rows.filter((row) => row.fixed.held).length
  const total = comparison.rows.length
  const heading = [
    comparison.workload,
    'as written against fixed',
    `profile ${comparison.profile}`,
    `in turns: ${comparison.order.join(', ')}`,
  ]
  const counts = [`shown as written: ${shown} of ${total}`, `held as fixed: ${held} of ${total}`]
  const where = options.folder === undefined ? [] : [`  report: ${options.folder}`]
  const table = textTable(shape, comparison.rows, columns, colours.dim)
  const blocks = [colours.bold(factLine(heading, columns)), table, lines.join('\n')]
  const closing = [factLine(counts, columns), ...where].join('\n')
  return `\n${[...blocks, closing].filter((block) => block !== '').join('\n\n')}\n`
}
