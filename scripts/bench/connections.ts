// `npm run bench:connections [-- --count 10000 --step 2000]`: devices that register with a gateway of the messaging case
// and stay connected, each by a WebSocket of its own. The gateway is a process of its own, the devices are in this one.
// Prints after each step what memory the gateway has and how long a device took; exit code 1 above 1.5 GB.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bulkhead } from 'cockatiel'
import { startRole } from '../../src/session/role.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import { openLink } from '../../src/workloads/messaging/protocol/link.ts'
import type { Link } from '../../src/workloads/messaging/protocol/link.ts'
import { userIdOf } from '../../src/workloads/messaging/population.ts'
import { seedFixed } from '../../src/workloads/messaging/seed/seed.ts'
import { messagingStores } from '../../src/workloads/messaging/stores.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000' }, step: { type: 'string', default: '2000' } },
})
const count = Number(values.count)
const step = Number(values.step)
/** What the gateway may have. */
const MOST_BYTES = 1.5e9
const AT_A_TIME = 32
const IDENTITY_BYTES = 64
const PACKAGE_BYTES = 96

const running = await upStores(['cassandra', 'redis'], {
  provider: 'auto',
  topology: 'single',
  progress: console.error,
})
const endpoints = running.map(({ endpoint }) => endpoint)
const stores = await connectStores(endpoints, { poolSize: 1, applicationName: 'arch bench' })
const population = { seed: 1, size: 12 }
await seedFixed(stores, population, () => undefined)
const folder = mkdtempSync(join(tmpdir(), 'arch-bench-'))
const gateway = await startRole(
  {
    workload: 'messaging',
    variant: 'fixed',
    role: 'gateway-1',
    population,
    choice: {},
    endpoints,
    journalFolder: folder,
    killAt: [],
  },
  join(folder, 'gateway.log'),
  { ends: () => undefined, failed: (message) => console.error(message) },
)
const { redis } = messagingStores(stores, 'fixed')
const [ports] = await redis.wave([['hvals', 'gateways']])
const port = Number(Array.isArray(ports) ? ports[0] : 0)

/** Bytes of the gateway's process that are in memory. */
function residentBytes(): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024
}

async function connect(index: number): Promise<Link> {
  const link = await openLink(port, {
    pushed: () => undefined,
    unreadable: (why) => console.error(why),
    closed: () => undefined,
  })
  const who = { user: userIdOf(2 ** 20 + index).toString(), device: 1 }
  const { token } = await link.ask(
    'register',
    { ...who, lengths: [IDENTITY_BYTES, PACKAGE_BYTES] },
    randomBytes(IDENTITY_BYTES + PACKAGE_BYTES),
  )
  await link.ask('hello', { ...who, token })
  return link
}

const limit = bulkhead(AT_A_TIME, Infinity)
const links: Link[] = []
const before = residentBytes()
console.log(`gateway alone: ${(before / 2 ** 20).toFixed(0)} MiB, load ${loadavg()[0]?.toFixed(1)}`)
while (links.length < count) {
  const since = performance.now()
  const wanted = Math.min(step, count - links.length)
  const first = links.length
  links.push(
    ...(await Promise.all(
      Array.from({ length: wanted }, (_, index) => limit.execute(() => connect(first + index))),
    )),
  )
  const bytes = residentBytes()
  const each = (bytes - before) / links.length / 1_024
  const ms = (performance.now() - since) / wanted
  console.log(
    `${links.length} connected: ${(bytes / 2 ** 20).toFixed(0)} MiB, ${each.toFixed(1)} KiB a connection, ${ms.toFixed(1)} ms to register and connect one`,
  )
}
const isBelow = residentBytes() < MOST_BYTES
console.log(isBelow ? 'below 1.5 GB' : 'above 1.5 GB')
for (const link of links) link.close()
await gateway.stop()
await closeStores(stores)
rmSync(folder, { recursive: true })
process.exitCode = isBelow ? 0 : 1
