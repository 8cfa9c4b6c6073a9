import type { StoreEndpoint, StoreFacts, Stores } from '../core/store.ts'
import type { ConnectOptions } from '../core/store-module.ts'
import type { Workload } from '../core/workload.ts'
import { openHome } from '../machine/home.ts'
import type { ProviderWish } from './choose-provider.ts'
import { explainFullDisk } from './full-disk.ts'
import type { TopologyWish } from './topology-wish.ts'
import { closeStores, connectStores, upStores } from './up.ts'
import type { RunningStore } from './up.ts'

/** How the stores of a case are found for one command. */
export interface StoresRequest {
  readonly provider: ProviderWish
  readonly topology: TopologyWish
  readonly env: NodeJS.ProcessEnv
  readonly line: (text: string) => void
  /** Where the session's own few connections do not suffice. */
  readonly connections?: Pick<ConnectOptions, 'poolSize' | 'keepsPlans'>
}

/** Clients for a session's own work: seeding and audits may take longer than any operation's statement. */
export async function connectSession(
  running: readonly RunningStore[],
  connections: StoresRequest['connections'] = { poolSize: 8 },
): Promise<Stores> {
  const endpoints = running.map(({ endpoint }) => endpoint)
  return connectStores(endpoints, {
    ...connections,
    applicationName: 'arch session',
    statementTimeoutMs: 0,
  })
}

/** Runs work that fills the stores. @throws ArchError that names the folder when their disk is full */
export async function fillStores<Value>(
  running: readonly RunningStore[],
  env: NodeJS.ProcessEnv,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const isNative = running.some(({ endpoint }) => endpoint.provider === 'native')
    throw await explainFullDisk(error, isNative ? await openHome(undefined, env) : undefined)
  }
}

/**
 * Brings the stores of a case or an experiment up, hands their clients to `work`, and closes the clients afterwards; the stores stay up.
 * @throws ArchError when a store cannot be brought up
 */
export async function withStores<Value>(
  { stores: names }: Pick<Workload, 'stores'>,
  request: StoresRequest,
  work: (stores: Stores, facts: readonly StoreFacts[], endpoints: readonly StoreEndpoint[]) => Promise<Value>,
): Promise<Value> {
  const running = await upStores(names, {
    provider: request.provider,
    topology: request.topology,
    env: request.env,
    progress: request.line,
  })
  const stores = await connectSession(running, request.connections)
  try {
    return await fillStores(running, request.env, () =>
      work(
        stores,
        running.map(({ facts }) => facts),
        running.map(({ endpoint }) => endpoint),
      ),
    )
  } finally {
    await closeStores(stores)
  }
}
