import type { Check, Operation } from '../../../core/operation.ts'
import type { DashboardRow, RealtimeApplication } from '../application.ts'
import { rates } from '../model.ts'
import type { DashboardName } from '../model.ts'
import type { AnalyticsWorld } from '../world.ts'

/** A number by which each dashboard's rows are put in order, and how. */
const ORDERED_BY: Readonly<Record<DashboardName, (row: DashboardRow) => number>> = {
  traffic: ({ minute_s: minute }) => Number(minute),
  places: ({ events }) => -Number(events),
  pages: ({ views }) => -Number(views),
}
const LONGEST_PAGES = 10

type Answer = readonly DashboardRow[]

/** A dashboard shows its rows in order, each once, and none of nothing. */
function checkOf(name: DashboardName): Check<DashboardName, Answer, AnalyticsWorld> {
  const orderOf = ORDERED_BY[name]
  return {
    name: `dashboard.${name}-ordered`,
    claims: ['ANA-15'],
    defects: [],
    check(_input, rows) {
      // Nothing has come yet.
      if (rows.length === 0) return undefined
      if (name === 'pages' && rows.length > LONGEST_PAGES) return { message: `${rows.length} pages` }
      for (const [index, row] of rows.entries()) {
        const before = rows[index - 1]
        if (before !== undefined && orderOf(before) > orderOf(row))
          return { message: `row ${index} is out of order: ${JSON.stringify(row)}` }
        if (!(Number(row['events'] ?? row['views']) > 0))
          return { message: `row ${index} is of nothing: ${JSON.stringify(row)}` }
      }
      return true
    },
  }
}

type Dashboard = Operation<RealtimeApplication, AnalyticsWorld, DashboardName, Answer>

function dashboard(name: DashboardName): Dashboard {
  return {
    name: `dashboard.${name}`,
    claims: ['ANA-04', 'ANA-15'],
    kind: 'read',
    rate: rates[`dashboard.${name}`],
    targets: [{ percentile: 95, belowMs: 1_000 }],
    checks: [checkOf(name)],
    input: () => name,
    run: (application, which, context) => application.ask(which, context),
  }
}

/** Suite R: what people look at while events come in. The bound is our own: the text gives none. */
export const dashboards: readonly Dashboard[] = [
  dashboard('traffic'),
  dashboard('places'),
  dashboard('pages'),
]
