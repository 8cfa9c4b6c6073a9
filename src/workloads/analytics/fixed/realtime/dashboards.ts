import type { Context } from '../../../../core/operation.ts'
import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import type { DashboardRow } from '../../application.ts'
import { DASHBOARD_NAMES } from '../../model.ts'
import type { DashboardName } from '../../model.ts'
import { schemaText, statementsOf } from '../../schema.ts'

/** The queries of suite R: schemas/analytics/dashboards. */
export type Dashboards = Readonly<Record<DashboardName, string>>

async function textOf(name: DashboardName): Promise<readonly [DashboardName, string]> {
  const [text = ''] = statementsOf(await schemaText(`schemas/analytics/dashboards/${name}.sql`))
  return [name, text]
}

/** Reads the queries of the dashboards. */
export async function dashboardTexts(): Promise<Dashboards> {
  const texts = await Promise.all(DASHBOARD_NAMES.map(textOf))
  return Object.fromEntries(texts) as Dashboards
}

/** Answers a dashboard from the rollups of the last hour, in one round trip. @throws OperationFailure */
export async function askDashboard(
  clickhouse: ClickHouseClient,
  text: string,
  { cost, signal }: Context,
): Promise<readonly DashboardRow[]> {
  const { rows } = await clickhouse.query<DashboardRow>(text, { cost, signal })
  return rows
}
