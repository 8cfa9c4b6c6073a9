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
      [endpoint, ...(endpoint.further ?? [])].map(({ host, port }) => `${host}:${port}`).join(' '),
      [
        facts.provider,
        ...(facts.topology === 'single' ? [] : [facts.topology]),
        ...(reason === 'already running' ? [] : [`(${reason})`]),
      ].join(' '),
      alreadyRunning ? 'already running' : `started in ${(startedMs / 1000).toFixed(2)} s`,
    ]),
  )
}

/** One line a store: name, state, version, endpoint, provider and topology, process; and one for each of several nodes. */
export function statusText(stores: readonly StoreStatus[]): string {
  return columns(
    stores.flatMap(({ store, state, facts, host, port, provider, topology, pid, problem, nodes = [] }) => [
      [
        store,
        problem === undefined ? state : `${state}: ${problem}`,
        facts?.version ?? '',
        port === undefined || nodes.length > 0 ? '' : `${host}:${port}`,
        [provider ?? '', ...(topology === undefined || topology === 'single' ? [] : [topology])].join(' '),
        pid === undefined ? '' : `pid ${pid}`,
      ],
      ...nodes.map((node) => [
        `  ${node.name}`,
        node.problem === undefined ? node.state : `${node.state}: ${node.problem}`,
        '',
        `${node.host}:${node.port}`,
        '',
        node.pid === undefined ? '' : `pid ${node.pid}`,
      ]),
    ]),
  )
}
