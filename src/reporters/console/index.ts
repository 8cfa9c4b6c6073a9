import type { Reporter } from '../reporter.ts'
import { assumptionList, closing, errorList, facts } from './closing.ts'
import { headline } from './headline.ts'
import { invariantTable } from './invariants.ts'
import { newPaint } from './paint.ts'
import { queryTable } from './queries.ts'
import { costTable, flowTable, operationTable } from './tables.ts'

/** The summary that a run ends with: honest line, tables, verdict; as wide as the terminal. */
export const reporter: Reporter = {
  format: 'console',
  file: 'summary.txt',
  render(result, { columns: available, colour, folder }) {
    const columns = Math.max(40, Math.min(available, 160))
    const paint = newPaint(colour)
    const blocks = [
      headline(result, columns, paint.bold),
      operationTable(result, columns, paint),
      flowTable(result, columns, paint),
      queryTable(result, columns, paint),
      invariantTable(result, columns, paint),
      costTable(result, columns, paint),
      facts(result, columns),
      errorList(result, columns, paint),
      assumptionList(result, columns, paint),
      closing(result, columns, folder, paint),
    ]
    return `\n${blocks.filter((block) => block !== '').join('\n\n')}\n`
  },
}
