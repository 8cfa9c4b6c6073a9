import type { Context } from '../../../../core/operation.ts'
import type { DashboardRow } from '../../application.ts'
import { DASHBOARD_NAMES } from '../../model.ts'
import type { DashboardName } from '../../model.ts'
import { schemaText, statementsOf } from '../../schema.ts'
import type { AnalyticsStores } from '../../stores.ts'

/** Answers a dashboard, in one round trip. @throws OperationFailure */
export type AskDashboard = (dashboard: DashboardName, context: Context) => Promise<readonly DashboardRow[]>

/** The queries of suite R: by default those of the rollups. */
export async function dashboardTexts(
  folder = 'schemas/analytics/dashboards',
): Promise<Readonly<Record<DashboardName, string>>> {
  const texts = await Promise.all(
    DASHBOARD_NAMES.map(async (name) => {
      const [text = ''] = statementsOf(await schemaText(`${folder}/${name}.sql`))
      return [name, text] as const
    }),
  )
  return Object.fromEntries(texts) as Record<DashboardName, string>
}

/**
 * The queries of suite R, asked of Pinot where there is one (schemas/analytics/pinot/dashboards), else of ClickHouse's
 * rollups of the last hour (schemas/analytics/dashboards).
 */
export async function dashboardsOf({
  clickhouse,
  pinot,
}: Pick<AnalyticsStores, 'clickhouse' | 'pinot'>): Promise<AskDashboard> {
  if (pinot !== undefined) {
    const texts = await dashboardTexts('schemas/analytics/pinot/dashboards')
    return (dashboard, { cost, signal }) => pinot.query<DashboardRow>(texts[dashboard], { cost, signal })
  }
  const texts = await dashboardTexts()
  return async (dashboard, { cost, signal }) => {
    const { rows } = await clickhouse.query<DashboardRow>(texts[dashboard], { cost, signal })
    return rows
  }
}
