import { perSecond } from '../core/model.ts'
import type { AnyOperation } from '../core/operation.ts'
import { formatScale } from '../core/units.ts'
import type { Workload } from '../core/workload.ts'
import { quantity } from '../reporters/numbers.ts'
import { factLine, textTable, wrap } from '../reporters/table.ts'
import { targetText } from './shared/target-text.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { coloursFor } from './shared/colours.ts'
import { plannedCases } from './shared/planned.ts'
import { selectCases } from './shared/select-cases.ts'

function operationTable(workload: Workload, columns: number, title: (text: string) => string): string {
  return textTable<AnyOperation>(
    [
      { title: 'operation', align: 'left', dispensable: 0, cell: (operation) => operation.name },
      { title: '', align: 'left', dispensable: 2, cell: (operation) => operation.kind },
      {
        title: 'documented/s',
        align: 'right',
        dispensable: 1,
        cell: ({ rate }) => quantity(perSecond(rate)),
      },
      { title: 'origin', align: 'left', dispensable: 3, cell: ({ rate }) => rate.origin },
      {
        title: 'targets',
        align: 'left',
        dispensable: 0,
        cell: ({ targets }) => targets.map(targetText).join('\n'),
      },
      { title: 'claims', align: 'left', dispensable: 4, cell: ({ claims }) => claims.join(' ') },
    ],
    workload.operations,
    columns,
    title,
  )
}

/** Indented lines under one heading. */
function paragraph(
  heading: string,
  lines: readonly string[],
  columns: number,
  dim: (text: string) => string,
): string {
  const wrapped = lines.flatMap((line) => wrap(line, columns - 4))
  return [`  ${dim(heading)}`, ...wrapped.map((line) => `    ${line}`)].join('\n')
}

function caseText(workload: Workload, io: CommandIo): string {
  const { bold, dim } = coloursFor(io, io.stdout)
  const { columns } = io.stdout
  const { defaults } = workload
  const strategies = Object.entries(workload.variants).flatMap(([variant, { strategies: all }]) =>
    Object.entries(all).map(([name, { description, values, default: initial }]) => {
      const choices = values.map((value) => (value === initial ? `${value} (default)` : value)).join(' | ')
      return `${variant}: ${name}=${choices}: ${description}`
    }),
  )
  const variants = Object.entries(workload.variants).map(
    ([name, { description }]) => `${name}: ${description}`,
  )
  const profiles = Object.entries(workload.profiles).map(
    ([name, { description }]) => `${name}: ${description}`,
  )
  const flows = workload.flows.map((flow) => `${flow.name} ${flow.targets.map(targetText).join(', ')}`)
  const size = `population ${defaults.population.toLocaleString('en-US')} ${workload.documentedPopulation.unit}`
  return [
    `${bold(workload.name)} ${workload.title}`,
    factLine([`stores ${workload.stores.join(', ')}`, `scale ${formatScale(defaults.scale)}`, size], columns),
    operationTable(workload, columns, dim),
    ...(flows.length === 0 ? [] : [paragraph('flows', flows, columns, dim)]),
    paragraph('variants', variants, columns, dim),
    ...(strategies.length === 0 ? [] : [paragraph('strategies', strategies, columns, dim)]),
    paragraph('profiles', profiles, columns, dim),
  ].join('\n')
}

function caseValue(workload: Workload): unknown {
  const variants = Object.entries(workload.variants).map(([name, { description, strategies }]) => ({
    name,
    description,
    strategies,
  }))
  return {
    name: workload.name,
    title: workload.title,
    implemented: true,
    stores: workload.stores,
    defaults: workload.defaults,
    operations: workload.operations.map(({ name, kind, rate, targets, claims }) => ({
      name,
      kind,
      rate,
      targets,
      claims,
    })),
    flows: workload.flows.map(({ name, rate, targets, claims }) => ({ name, rate, targets, claims })),
    variants,
    profiles: workload.profiles,
    experiments: [],
  }
}

async function list(io: CommandIo, cases: readonly string[], json: boolean): Promise<void> {
  const workloads = await selectCases(cases.length === 0 ? ['all'] : cases)
  const planned = cases.length === 0 ? plannedCases(workloads.map((workload) => workload.name)) : []
  if (json) {
    const missing = planned.map((entry) => ({ ...entry, implemented: false }))
    io.stdout.write(`${JSON.stringify({ cases: [...workloads.map(caseValue), ...missing] }, undefined, 2)}\n`)
    return
  }
  const { bold, dim } = coloursFor(io, io.stdout)
  const rest = planned.map(({ name, title }) => `${bold(name)} ${title} ${dim('(not implemented)')}`)
  const experiments = cases.length === 0 ? [`${bold('experiments')} ${dim('(not implemented)')}`] : []
  io.stdout.write(
    `${[...workloads.map((workload) => caseText(workload, io)), ...rest, ...experiments].join('\n\n')}\n`,
  )
}

/** `arch list`: what there is, and what there is not yet. */
export const command: CommandModule = {
  name: 'list',
  summary: 'cases, operations, strategies, profiles, stores and experiments',
  examples: ['arch list', 'arch list social', 'arch list --json'],
  register(commander, io) {
    commander
      .argument('[case...]', 'cases to list (default: all)')
      .option('--json', 'for machines')
      .action(async (cases: readonly string[], flags: { json?: boolean }) => {
        await list(io, cases, flags.json === true)
      })
  },
}
