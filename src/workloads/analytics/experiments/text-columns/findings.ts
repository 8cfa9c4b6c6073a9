import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { figure, times } from '../../../../patterns/experiments/figure.ts'
import { TOTALS } from '../sizes.ts'

/** The columns that the text leaves as plain Strings though they have few values (A-07), and the long ones beside them. */
const FEW_VALUES = ['event_type', 'user_agent', 'country', 'region', 'city']

function aboutBytes(rows: readonly ExperimentRow[]): readonly Finding[] {
  const sum = (names: readonly string[], table: string): number =>
    names.reduce((total, name) => total + (figure(rows, 'bytes', name, table) ?? 0), 0)
  const [few, fewFixed] = [sum(FEW_VALUES, 'text'), sum(FEW_VALUES, 'fixed')]
  const [columns, fixed] = [sum([TOTALS.columns], 'text'), sum([TOTALS.columns], 'fixed')]
  if (fewFixed === 0 || fixed === 0) return []
  return [
    {
      claims: ['ANA-17'],
      defects: ['A-07'],
      text: `columns of few values take ${few.toFixed(2)} bytes a row as Strings, ${fewFixed.toFixed(2)} with LowCardinality: ${times(few / fewFixed)}`,
    },
    {
      claims: ['ANA-26'],
      defects: ['A-12'],
      text: `all fifteen columns take ${columns.toFixed(1)} bytes a row as the text has them, ${fixed.toFixed(1)} as fixed: ${times(columns / fixed)}`,
    },
  ]
}

function aboutQueries(rows: readonly ExperimentRow[]): readonly Finding[] {
  const queries = rows.filter(({ pattern }) => pattern === 'queries')
  if (queries.length === 0) return []
  const changed = queries
    .filter(({ readings }) => (readings['differ']?.highest ?? 0) > 0)
    .map(({ row }) => row)
  const needles = ['by-user', 'by-session', 'by-page'].flatMap((name) => {
    const [text, fixed] = [
      figure(rows, 'queries', name, 'textRows'),
      figure(rows, 'queries', name, 'fixedRows'),
    ]
    return text === undefined || fixed === undefined || fixed === 0
      ? []
      : [`${name} reads ${times(text / fixed)} the rows`]
  })
  return [
    ...(needles.length === 0
      ? []
      : [{ claims: ['ANA-03'], defects: ['A-06'], text: `without skip indexes ${needles.join(', ')}` }]),
    {
      claims: [],
      defects: ['A-09'],
      text: `times to the second change ${changed.length} of ${queries.length} answers${changed.length === 0 ? '' : `: ${changed.join(', ')}`}`,
    },
  ]
}

/** What the figures say of the text's types. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  return [...aboutBytes(rows), ...aboutQueries(rows)]
}
