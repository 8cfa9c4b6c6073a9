// `npm run bench:large-group [-- --members 10000 --users 400 --away 100]`: a group of the messaging case with as many
// members as one may have. `--users` of them have devices that registered over a gateway and are connected, but for
// `--away`, which are away and come back; of the others the server has a device each, whose identity and last key package
// were really made, put into its tables in bulk. One member says things: how long that takes, how long Redis does nothing
// else meanwhile, what gateways and Redis have of memory. Exit code 1 where anybody has, or will be sent, anything but each
// message once.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { makeGroup } from '../../src/workloads/messaging/clients/groups.ts'
import { messageEntry } from '../../src/workloads/messaging/fixed/gateway/entries.ts'
import { userIdOf } from '../../src/workloads/messaging/population.ts'
import { startMessagingStores } from '../../test/helpers/faults/stores.ts'
import { eventually } from '../../test/helpers/context.ts'
import { keysFor, makeMessaging } from '../../test/helpers/messaging-case.ts'
import type { Said } from '../../test/helpers/messaging-case.ts'
import { queuesOf, seedStrangers } from '../../test/helpers/messaging-strangers.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    users: { type: 'string', default: '400' },
    away: { type: 'string', default: '100' },
  },
})
const [members, users, away] = [Number(values.members), Number(values.users), Number(values.away)]
/** Messages after the first one. */
const FURTHER = 10

const started = await startMessagingStores('single')
const messaging = await makeMessaging(started, { size: users, apart: true })
const { people, society, own } = messaging
const { redis } = own
const others = Array.from({ length: members - users }, (_, index) => userIdOf(2 ** 20 + index))

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const since = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - since) / 1_000).toFixed(2)} s`)
  return result
}

/** What gateways and Redis have in memory. */
async function memory(): Promise<string> {
  const gateways = messaging.processes.map(({ pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return `${(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024).toFixed(0)} MiB`
  })
  const [info] = await redis.wave([['info', 'memory']])
  const used = Number(/used_memory:(\d+)/.exec(String(info))?.[1] ?? 0)
  return `gateways ${gateways.join(' and ')}, Redis ${(used / 2 ** 20).toFixed(1)} MiB`
}

/** Seconds of processor time that Redis has taken for commands. */
async function redisSeconds(): Promise<number> {
  const [info] = await redis.wave([['info', 'cpu']])
  const of = (kind: string): number =>
    Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(String(info))?.[1] ?? 0)
  return of('user') + of('sys')
}

/** Milliseconds of each script since the last look that kept Redis for longer than one. */
async function slowScripts(): Promise<readonly number[]> {
  const [log] = await redis.wave([
    ['slowlog', 'get', 1_000],
    ['slowlog', 'reset'],
  ])
  const entries = Array.isArray(log) ? log : []
  return entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return []
    const [, , micros, call] = entry
    const [name] = Array.isArray(call) ? call : []
    return String(name).toLowerCase().startsWith('eval') ? [Number(micros) / 1_000] : []
  })
}

/** How many members without a device of their own here have not a key and then each message once in their queues. */
async function wrongQueues(conversation: string, messages: readonly Said[]): Promise<number> {
  const expected = messages.map(({ message }) => messageEntry(conversation, BigInt(message))).join(' ')
  const queues = await queuesOf(own, others)
  return queues.filter(([key = '', ...rest]) => !key.startsWith('key/') || rest.join(' ') !== expected).length
}

console.log(
  `${society.devices.size} devices are connected, load ${loadavg()[0]?.toFixed(1)}; ${await memory()}`,
)
await timed(`${others.length} members' devices put into the tables`, () => seedStrangers(own, others))
const awayDevices = [...society.devices.values()].slice(-away)
for (const device of awayDevices) await messaging.leave(device)

const conversation = randomUUID()
const maker = messaging.device(0)
const here = [...society.devices.values()].filter((device) => device !== maker)
const connected = here.filter((device) => !awayDevices.includes(device))
const everybody = [...Array.from({ length: users }, (_, user) => people.userId(user)), ...others].map(String)
await timed(`a group of ${everybody.length} made`, () => makeGroup(maker, conversation, everybody))
await redis.wave([
  ['config', 'set', 'slowlog-log-slower-than', 1_000],
  ['config', 'set', 'slowlog-max-len', 1_000],
])

const said: Said[] = []
async function say(): Promise<void> {
  said.push(await messaging.say(maker, conversation))
  await eventually(() =>
    connected.every((device) => messaging.shown(device, conversation).length >= said.length),
  )
}
await slowScripts()
await timed('the first message, with a key to each of them, there at who is connected', say)
await slowScripts()
const tookMs: number[] = []
const before = await redisSeconds()
for (let index = 0; index < FURTHER; index += 1) {
  const since = performance.now()
  await say()
  tookMs.push(performance.now() - since)
}
const redisMs = ((await redisSeconds()) - before) * 1_000
const scripts = (await slowScripts()).toSorted((one, other) => one - other)
const median = (sorted: readonly number[]): string => (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0)
tookMs.sort((one, other) => one - other)
console.log(
  `${FURTHER} further messages to ${said[0]?.recipients} devices: ${median(tookMs)} ms in the middle and ${tookMs.at(-1)?.toFixed(0)} ms at most until ${connected.length} had it`,
)
console.log(
  `scripts kept Redis for ${median(scripts)} ms in the middle and ${scripts.at(-1)?.toFixed(0) ?? 'less than 1'} ms at most (${scripts.length} above 1 ms); a message took it ${(redisMs / FURTHER).toFixed(0)} ms of processor time, with what devices took`,
)
console.log(await memory())

await timed(`${awayDevices.length} devices come back`, async () => {
  for (const device of awayDevices) await device.arrive()
})
await messaging.settled()
const wrongHere = here.filter(
  (device) => messaging.shown(device, conversation).join(' ') !== keysFor(device, said).join(' '),
)
const wrongThere = await wrongQueues(conversation, said)
const closed = messaging.lines.filter(({ operation }) => operation === 'message.undecryptable').length
console.log(
  `${said.length} messages: ${here.length - wrongHere.length} of ${here.length} devices have shown each once and in order, ${others.length - wrongThere} of ${others.length} queues hold each once, ${closed} could not be opened`,
)
await messaging.close()
await started.close()
process.exitCode = wrongHere.length + wrongThere + closed === 0 ? 0 : 1
