import type pc from 'picocolors'
import { perSecond } from '../../core/model.ts'
import type { AnyOperation, Target } from '../../core/operation.ts'
import { formatDurationMs, formatPercentile, formatScale } from '../../core/units.ts'
import type { Workload } from '../../core/workload.ts'
import { quantity } from '../../reporters/numbers.ts'
import { factLine, textTable, wrap } from '../../reporters/table.ts'

type Colours = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim'>

/** A target of the model in the words of `--target`, less the operation: `cold p99<300ms`. */
function targetText(target: Target): string {
  const bound = `${formatPercentile(target.percentile)}<${formatDurationMs(target.belowMs)}`
  return target.part === undefined ? bound : `${target.part} ${bound}`
}

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

/** One case for a reader: operations, flows, variants, strategies, profiles, no wider than `columns`. */
export function caseText(workload: Workload, columns: number, { bold, dim }: Colours): string {
  const { defaults } = workload
  const owners = [...Object.entries(workload.variants), ...Object.entries(workload.suites ?? {})]
  const strategies = owners.flatMap(([owner, { strategies: all = {} }]) =>
    Object.entries(all).map(([name, { description, values, default: initial }]) => {
      const choices = values.map((value) => (value === initial ? `${value} (default)` : value)).join(' | ')
      return `${owner}: ${name}=${choices}: ${description}`
    }),
  )
  const variants = Object.entries(workload.variants).map(
    ([name, { description }]) => `${name}: ${description}`,
  )
  const profiles = Object.entries(workload.profiles).map(
    ([name, { description }]) => `${name}: ${description}`,
  )
  const experiments = Object.entries(workload.experiments).map(([name, { title }]) => `${name}: ${title}`)
  const suites = Object.entries(workload.suites ?? {}).map(([name, { description }], index) =>
    index === 0 ? `${name} (default): ${description}` : `${name}: ${description}`,
  )
  const gaps = workload.notImplemented ?? []
  const flows = workload.flows.map(
    ({ name, targets }) => `${name} ${targets.map(targetText).join(', ') || '(no target)'}`,
  )
  const size = `population ${defaults.population.toLocaleString('en-US')} ${workload.documentedPopulation.unit}`
  return [
    `${bold(workload.name)} ${workload.title}`,
    factLine([`stores ${workload.stores.join(', ')}`, `scale ${formatScale(defaults.scale)}`, size], columns),
    operationTable(workload, columns, dim),
    ...(flows.length === 0 ? [] : [paragraph('flows', flows, columns, dim)]),
    ...(suites.length === 0 ? [] : [paragraph('suites', suites, columns, dim)]),
    paragraph('variants', variants, columns, dim),
    ...(strategies.length === 0 ? [] : [paragraph('strategies', strategies, columns, dim)]),
    paragraph('profiles', profiles, columns, dim),
    ...(experiments.length === 0 ? [] : [paragraph('experiments', experiments, columns, dim)]),
    ...(gaps.length === 0 ? [] : [paragraph('not implemented', gaps, columns, dim)]),
  ].join('\n')
}

/** One case for machines. */
export function caseValue(workload: Workload): unknown {
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
    suites: Object.entries(workload.suites ?? {}).map(
      ([name, { description, strategies = {}, queries }]) => ({
        name,
        description,
        strategies,
        queries: (queries?.queries ?? []).map(({ name: query, question, claims, targets }) => ({
          name: query,
          question,
          claims,
          targets,
        })),
      }),
    ),
    notImplemented: workload.notImplemented ?? [],
    experiments: Object.entries(workload.experiments).map(([name, { title, compares, defaults }]) => ({
      name,
      title,
      compares,
      defaults,
    })),
  }
}
