import type { Result } from '../../core/result.ts'
import { percent, quantity, seconds, whole } from '../numbers.ts'
import { factLine, wrap } from '../table.ts'
import type { Paint } from './paint.ts'

/** A heading over lines, or nothing where there are none. */
function section(heading: string, lines: readonly string[], paint: Paint): string {
  return lines.length === 0 ? '' : [`  ${paint.title(heading)}`, ...lines].join('\n')
}

function bullets(texts: readonly string[], columns: number): string[] {
  return texts.flatMap((text) =>
    wrap(text, columns - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`),
  )
}

/** Caches, consumer groups, processes and the course of the run, one line each. */
export function facts(result: Result, columns: number): string {
  const ratios = result.cacheRatios.map(({ name, hits, lookups }) =>
    lookups === 0 ? `${name} not asked` : `${name} ${percent(hits / lookups)} of ${whole(lookups)}`,
  )
  const lag = result.consumerLag.map(
    ({ group, max, atEnd }) =>
      `${group} at most ${whole(max)} records, ${atEnd === null ? 'not known' : whole(atEnd)} at the end`,
  )
  const roles = result.roles.map((role) => {
    const ended =
      role.exitCode === 0 ? '' : role.exitCode === null ? ', killed' : `, exit code ${role.exitCode}`
    return `${role.name} ${percent(role.cpuShare)} of a core${ended}`
  })
  const steps = result.steps.map((step) => `${step.name} ${seconds(step.seconds)}`)
  const line = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : factLine([`${title}: ${items[0] ?? ''}`, ...items.slice(1)], columns)
  return [
    line('cache hits', ratios),
    line('consumer lag', lag),
    line('processes', roles),
    line('course', steps),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

/** Errors by message: what failed, and how often. */
export function errorList(result: Result, columns: number, paint: Paint): string {
  const errors = result.operations.flatMap((operation) =>
    operation.errors.map((error) => `${operation.name}: ${whole(error.count)} × ${error.message}`),
  )
  return section('errors', bullets(errors, columns), paint)
}

/** Numbers that the text does not give, each with its reason; as written: what was changed so that it runs. */
export function assumptionList(result: Result, columns: number, paint: Paint): string {
  const assumed = result.assumptions.map(
    ({ name, value, unit, why }) => `${name} ${quantity(value)} ${unit}: ${why}`,
  )
  const changes = section('changed so that the text runs', bullets(result.changes, columns), paint)
  return [changes, section('assumed', bullets(assumed, columns), paint)]
    .filter((text) => text !== '')
    .join('\n')
}

/** The verdict, why, and where the report is. */
export function closing(result: Result, columns: number, folder: string | undefined, paint: Paint): string {
  const colour = result.verdict === 'PASS' ? paint.good : result.verdict === 'VOID' ? paint.unsure : paint.bad
  const partial = result.partial ? ' (partial: the run did not reach its end)' : ''
  const reasons = [
    ...result.reasons.map(({ verdict, reason }) => `${verdict}: ${reason}`),
    ...result.generator.reasons.map((reason) => `generator: ${reason}`),
  ]
  const where = folder === undefined ? [] : [`  report: ${folder}`]
  const verdict = `  ${paint.bold(colour(result.verdict))} exit code ${result.exitCode}${partial}`
  return [verdict, ...bullets([...new Set(reasons)], columns), ...where].join('\n')
}
