import { z } from 'zod'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { openSender } from './send.ts'
import type { Sender } from './send.ts'

const ANSWER_MS = 5_000

const Nodes = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      version: z.string(),
      jvm: z.object({ version: z.string(), mem: z.object({ heap_max_in_bytes: z.number() }) }),
      modules: z.array(z.object({ name: z.string() })),
    }),
  ),
})
const Indices = z.record(z.string(), z.object({ settings: z.record(z.string(), z.string()) }))

async function withSender<Result>(
  endpoint: StoreEndpoint,
  work: (sender: Sender) => Promise<Result>,
): Promise<Result> {
  const sender = openSender(endpoint, {
    poolSize: 1,
    applicationName: 'arch',
    statementTimeoutMs: ANSWER_MS,
  })
  try {
    return await work(sender)
  } finally {
    await sender.close()
  }
}

/** The state of the cluster, on a connection of its own. @throws OperationFailure or ArchError when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withSender(endpoint, ({ send }) => send({ method: 'GET', path: '/_cluster/health' }))
}

/** Throws until every index can be read: after a kill, the server answers before its shards are back. */
export async function settle(endpoint: StoreEndpoint): Promise<void> {
  const query = { wait_for_status: 'yellow', timeout: '1s' }
  await withSender(endpoint, ({ send }) => send({ method: 'GET', path: '/_cluster/health', query }))
}

/** Whether any index acknowledges writes that are only in the server's memory. */
async function hasAsyncIndex({ send }: Sender): Promise<boolean> {
  const path = '/*/_settings/index.translog.durability'
  const { body } = await send({ method: 'GET', path, query: { flat_settings: true } })
  return Object.values(Indices.parse(body)).some(
    ({ settings }) => settings['index.translog.durability']?.toLowerCase() === 'async',
  )
}

/** Version, and what an acknowledged write survives by the live settings of the indices. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  return withSender(endpoint, async (sender) => {
    const { body } = await sender.send({ method: 'GET', path: '/_nodes/_local/jvm,plugins' })
    const [node] = Object.values(Nodes.parse(body).nodes)
    const isFull = node?.modules.some(({ name }) => name === 'lang-painless') ?? false
    const isAsync = await hasAsyncIndex(sender)
    return {
      name: 'elasticsearch',
      version: node?.version ?? 'unknown',
      provider: endpoint.provider,
      topology: endpoint.topology,
      acknowledgedSurvives: isAsync ? 'nothing' : 'power loss',
      settings: {
        'index.translog.durability': isAsync ? 'async' : 'request',
        modules: isFull ? 'full' : 'reduced',
        heap: `${Math.round((node?.jvm.mem.heap_max_in_bytes ?? 0) / 2 ** 20)}MB`,
        java: node?.jvm.version ?? 'unknown',
        security: endpoint.user === undefined ? 'off' : 'on',
      },
    }
  })
}
