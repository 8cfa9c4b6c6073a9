import type pc from 'picocolors'
import type { Experiment, ExperimentColumn, ExperimentRow, Named, Reading } from '../../core/experiment.ts'
import { milliseconds, quantity, whole } from '../../reporters/numbers.ts'
import type { Column } from '../../reporters/table.ts'
import { factLine, textTable, wrap } from '../../reporters/table.ts'

type Colours = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim'>

const SHOW: Readonly<Record<ExperimentColumn['kind'], (value: number) => string>> = {
  count: whole,
  rate: quantity,
  milliseconds,
  ratio: (value) => `${quantity(value)}x`,
}

/** `1,207`, or `1,207 ±2 %` where the rounds differ and the column is about that: half their range. */
function cellText({ kind, spread }: ExperimentColumn, reading: Reading | undefined): string {
  if (reading === undefined) return ''
  const { median, lowest, highest } = reading
  const shown = SHOW[kind](median)
  if (!spread || lowest === highest || median === 0) return shown
  return `${shown} ±${Math.round((50 * (highest - lowest)) / median)} %`
}

function columnsOf(columns: readonly ExperimentColumn[]): readonly Column<ExperimentRow>[] {
  return [
    { title: '', align: 'left', dispensable: 0, cell: ({ row }) => row },
    ...columns.map((column): Column<ExperimentRow> => ({
      title: column.title,
      align: 'right',
      dispensable: column.dispensable,
      cell: ({ readings }) => cellText(column, readings[column.name]),
    })),
  ]
}

/** What names stand for; those that speak for themselves are left out. */
function legend(named: readonly Named[], columns: number, dim: (text: string) => string): string {
  const all = named.filter(({ description }) => description !== '')
  const width = Math.max(...all.map(({ name }) => name.length)) + 2
  return all
    .flatMap(({ name, description }) => {
      const lines = wrap(description, Math.max(20, columns - width - 2))
      return lines.map((line, index) => `  ${dim((index === 0 ? name : '').padEnd(width))}${line}`)
    })
    .join('\n')
}

/** What an experiment was run with, for its heading. */
export interface ExperimentFacts {
  readonly clients?: number
  readonly perClient?: number
  readonly rounds: number
  readonly seed: number
  readonly population: number
  /** Stores with their versions. */
  readonly stores: readonly string[]
}

/** The tables of an experiment, one a pattern, and its findings, no wider than `columns` characters; medians, with half their range where it matters. */
export function experimentText(
  experiment: Experiment,
  rows: readonly ExperimentRow[],
  facts: ExperimentFacts,
  columns: number,
  { bold, dim }: Colours,
): string {
  const { clients, perClient } = facts
  const run = [
    clients === undefined || perClient === undefined
      ? ''
      : `${whole(clients)} clients x ${whole(perClient)}, closed loop`,
    facts.rounds === 1 ? 'one round' : `medians of ${facts.rounds} rounds in turns`,
    `population ${whole(facts.population)}`,
    `seed ${facts.seed}`,
    ...facts.stores,
  ]
  const tables = experiment.patterns.flatMap(({ name, description, rows: ownRows, columns: ownColumns }) => {
    const own = rows.filter(({ pattern }) => pattern === name)
    if (own.length === 0) return []
    const heading = wrap(`${name}: ${description}`, columns - 2).map((line) => `  ${bold(line)}`)
    const described = legend(ownRows ?? [], columns, dim)
    const table = textTable(columnsOf(ownColumns ?? experiment.columns), own, columns, dim)
    return [[...heading, ...(described === '' ? [] : [described]), table].join('\n')]
  })
  const explained = legend(experiment.rows, columns, dim)
  const findings = experiment.findings?.(rows) ?? []
  const found = findings.flatMap(({ claims, defects = [], text }) => {
    const ids = [...claims, ...defects].join(', ')
    return wrap(ids === '' ? text : `${ids}: ${text}`, columns - 2).map((line) => `  ${line}`)
  })
  return [
    `${wrap(experiment.title, columns).map(bold).join('\n')}\n${factLine(run, columns)}`,
    ...(explained === '' ? [] : [explained]),
    ...tables,
    ...(found.length === 0 ? [] : [`${bold('found')}\n${found.join('\n')}`]),
  ].join('\n\n')
}
