// The text's own messaging in a test: its two tables on a real store, its server and its devices in this process, people
// who make the devices do things over the control socket, and a journal of what they did and saw.
import { randomUUID } from 'node:crypto'
import type { FlowEnd, JournalKeys } from '../../src/core/operation.ts'
import type { Stores } from '../../src/core/store.ts'
import type { RoleHost } from '../../src/core/workload.ts'
import type { AuditOutcome } from '../../src/core/audit.ts'
import type { MessagingApplication } from '../../src/workloads/messaging/application.ts'
import type { CommandAnswer } from '../../src/workloads/messaging/clients/control.ts'
import { workload } from '../../src/workloads/messaging/index.ts'
import { addressOf, buildPopulation } from '../../src/workloads/messaging/population.ts'
import type { MessagingPopulation } from '../../src/workloads/messaging/population.ts'
import { messagingStores } from '../../src/workloads/messaging/stores.ts'
import type { MessagingStores } from '../../src/workloads/messaging/stores.ts'
import { eventually, newContext } from './context.ts'
import { journalOf } from './social-data.ts'

const variant = workload.variants['as-written']
const population = { seed: 1, size: 20 }

/** A message that was sent, by what its sender named it. */
type Sent = CommandAnswer<'message.send'> & { readonly key: string }

/** What a test does to the text's variant. */
export interface TextCase {
  readonly people: MessagingPopulation
  readonly own: MessagingStores
  readonly application: MessagingApplication
  /** Ends of flows that devices have told. */
  readonly ends: FlowEnd[]
  /** What devices were given, in the order in which they were. */
  readonly received: JournalKeys[]
  /** Somebody sends a message, which the journal then holds. */
  send(device: string, conversation: string, repeats?: boolean): Promise<Sent>
  /** Resolves when devices were given a message so many times in all. */
  given(key: string, times: number): Promise<void>
  /** What an audit finds, given what was done. */
  audit(name: string): Promise<AuditOutcome>
  close(): Promise<void>
}

/** Seeds the variant and starts its roles. */
export async function openTextCase(stores: Stores): Promise<TextCase> {
  await variant.seed(stores, population, {}, () => undefined)
  const people = buildPopulation(population)
  const entries: { operation: string; keys: JournalKeys; result?: JournalKeys }[] = []
  const ends: FlowEnd[] = []
  const received: JournalKeys[] = []
  const host: RoleHost = {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness(operation, keys) {
      entries.push({ operation, keys })
      received.push(keys)
    },
    faultPoint: () => undefined,
  }
  const roles = await Promise.all(
    ['server', 'devices'].map(async (name) => variant.roles[name]?.(stores, population, {}, host)),
  )
  const running = await variant.open(stores, population, {})
  const application = running.application as MessagingApplication
  // Some are away when a run begins.
  for (let user = 0; user < people.size; user += 1)
    for (let device = 1; device <= people.devicesOf(user); device += 1) {
      const address = addressOf({ user: people.userId(user), device })
      await application.command('device.return', { device: address }, newContext())
    }
  return {
    people,
    own: messagingStores(stores, 'as-written'),
    application,
    ends,
    received,
    async send(device, conversation, repeats = false) {
      const key = randomUUID()
      const ask = { device, conversation, key, kind: 'text' as const, mediaBytes: 0, repeats }
      const sent = await application.command('message.send', ask, newContext())
      const { message, recipients } = sent
      entries.push({
        operation: 'message.send',
        keys: { device, conversation, key },
        result: { message, recipients },
      })
      return { ...sent, key }
    },
    given: (key, times) => eventually(() => ends.filter((end) => end.key === key).length === times),
    async audit(name) {
      const found = variant.audits.find((one) => one.name === name)
      if (found === undefined) throw new Error(`no audit is called ${name}`)
      const journal = journalOf(entries)
      return found.run({ stores, population, choice: {}, journal, seed: 1, profile: 'steady' })
    },
    async close() {
      await running.close()
      for (const role of roles.toReversed()) await role?.close()
    },
  }
}
