import type { StoreStatus } from '../../session/status.ts'
import type { RunningStore } from '../../session/up.ts'

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** One line a store: name, version, endpoint, provider and why, time. Never a password. */
export function runningText(stores: readonly RunningStore[]): string {
  return columns(
    stores.map(({ endpoint, facts, startedMs, alreadyRunning, reason }) => [
      facts.name,
      facts.version,
      `${endpoint.host}:${endpoint.port}`,
      reason === 'already running' ? facts.provider : `${facts.provider} (${reason})`,
      alreadyRunning ? 'already running' : `started in ${(startedMs / 1000).toFixed(2)} s`,
    ]),
  )
}

/** One line a store: name, state, version, endpoint, provider, process. */
export function statusText(stores: readonly StoreStatus[]): string {
  return columns(
    stores.map(({ store, state, facts, host, port, provider, pid, problem }) => [
      store,
      problem === undefined ? state : `${state}: ${problem}`,
      facts?.version ?? '',
      port === undefined ? '' : `${host}:${port}`,
      provider ?? '',
      pid === undefined ? '' : `pid ${pid}`,
    ]),
  )
}
