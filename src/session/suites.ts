import { usageError } from '../core/errors.ts'
import type { FlowName, SuiteName } from '../core/names.ts'
import type { AnyOperation } from '../core/operation.ts'
import { suggestion } from '../core/suggest.ts'
import type { Suite } from '../core/suite.ts'
import type { Variant, Workload } from '../core/workload.ts'

function narrowed(variant: Variant, suite: Suite): Variant {
  const roles = Object.entries(variant.roles).filter(([name]) => suite.roles.includes(name))
  return {
    ...variant,
    strategies: { ...variant.strategies, ...suite.strategies },
    roles: Object.fromEntries(roles),
    audits: suite.audits ?? variant.audits,
  }
}

/** An operation that begins those flows alone that the suite follows. */
function withFlows(operation: AnyOperation, followed: readonly FlowName[]): AnyOperation {
  if (operation.flows === undefined) return operation
  return {
    ...operation,
    flows(input, output) {
      const begun = operation.flows?.(input, output)
      return begun && { ...begun, flows: begun.flows.filter((flow) => followed.includes(flow)) }
    },
  }
}

function suiteNamed(
  workload: Workload,
  name: SuiteName | undefined,
): readonly [SuiteName, Suite] | undefined {
  const suites = workload.suites ?? {}
  if (name === undefined) return Object.entries(suites)[0]
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
  if (suite !== undefined) return [name, suite]
  const names = Object.keys(suites)
  if (names.length === 0)
    throw usageError(
      `--suite ${name}: ${workload.name} is one whole, without suites`,
      'leave out --suite; arch list shows the suites of every case',
    )
  throw usageError(
    `--suite: there is no suite of ${workload.name} '${name}': ${suggestion(name, names)}`,
    `suites: ${names.join(', ')}`,
  )
}

/**
 * A case as one of its suites runs it: the operations, flows, roles, stores and audits of that suite alone. Without a
 * name it is the first suite; a case without suites comes back as it is.
 * @throws ArchError (usage) for a suite that the case has not
 */
export function inSuite(workload: Workload, name: SuiteName | undefined): Workload {
  const found = suiteNamed(workload, name)
  if (found === undefined) return workload
  const [chosen, suite] = found
  return {
    ...workload,
    stores: suite.stores,
    defaults: { ...workload.defaults, population: suite.population ?? workload.defaults.population },
    operations: workload.operations
      .filter((operation) => suite.operations.includes(operation.name))
      .map((operation) => withFlows(operation, suite.flows)),
    flows: workload.flows.filter((flow) => suite.flows.includes(flow.name)),
    variants: {
      fixed: narrowed(workload.variants.fixed, suite),
      'as-written': narrowed(workload.variants['as-written'], suite),
    },
    suite: {
      name: chosen,
      variants: suite.variants,
      ...(suite.queries === undefined ? {} : { queries: suite.queries }),
      ...(suite.drain === undefined ? {} : { drain: suite.drain }),
    },
  }
}
