import fc from 'fast-check'
import t from 'tap'
import { noteOpened, nothingOpened } from '../../src/workloads/messaging/clients/encryption/replays.ts'
import { newDevice } from '../../src/workloads/messaging/clients/encryption/olm/device.ts'
import { loadOlm } from '../../src/workloads/messaging/clients/encryption/olm/library.ts'
import type { OlmLibrary } from '../../src/workloads/messaging/clients/encryption/olm/library.ts'

const listeners = (): readonly number[] =>
  ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event))

/** The library, and how much of its memory is held: it is not collected, so what is made must be freed. */
function counted(olm: OlmLibrary): { readonly olm: OlmLibrary; readonly live: () => number } {
  const live = new Set<object>()
  const counting = <Made extends { free(): void }>(kind: new () => Made): new () => Made =>
    new Proxy(kind, {
      construct(target, given, newTarget: new () => Made) {
        const made = Reflect.construct(target, given, newTarget) as Made
        const free = made.free.bind(made)
        live.add(made)
        made.free = () => {
          if (!live.delete(made)) {
            throw new Error('freed twice')
          }
          free()
        }
        return made
      },
    })
  const { Account, Session, Utility, InboundGroupSession, OutboundGroupSession } = olm
  const kinds = {
    Account: counting(Account),
    Session: counting(Session),
    Utility: counting(Utility),
    InboundGroupSession: counting(InboundGroupSession),
    OutboundGroupSession: counting(OutboundGroupSession),
  }
  return { olm: { ...olm, ...kinds }, live: () => live.size }
}

t.test('the library listens for no errors of the process once it is loaded', async (t) => {
  const before = listeners()
  await loadOlm()
  t.strictSame(listeners(), before)
})

t.test('a device frees what it has made, also after refusals and new keys', async (t) => {
  // Loaded here and not above: it loads the library.
  const { distribute } = await import('../helpers/encryption.ts')
  const { olm, live } = counted(await loadOlm())
  const devices = ['ann:1', 'bob:1', 'cat:1'].map((address) => ({ address, keys: newDevice(olm) }))
  const room = 'room-1'
  for (let round = 0; round < 10; round += 1) {
    for (const writer of devices) {
      const readers = devices.filter((device) => device !== writer)
      distribute(room, writer, readers)
      const envelope = writer.keys.encrypt(room, new Uint8Array(9))
      const { identity } = writer.keys
      for (const { keys } of readers) {
        keys.decrypt(room, writer.address, envelope)
        t.throws(() => keys.decrypt(room, writer.address, envelope))
        t.throws(() => keys.accept(room, { address: writer.address, identity }, Uint8Array.of(0, 3, 1)))
        t.throws(() => keys.share(room, [{ address: 'dan:1', identity, package: new Uint8Array(96) }]))
      }
      writer.keys.rotate(room)
    }
  }
  const perDevice = 1 + 1 + 2 * 4
  t.ok(
    live() <= devices.length * perDevice,
    'what is open is an account, a key of its own and four of each other',
  )
  devices.forEach(({ keys }) => keys.close())
  t.equal(live(), 0)
})

t.test('each message of a key is noted once, in whatever order', async () => {
  fc.assert(
    fc.property(fc.nat(5), fc.array(fc.nat(30)), (floor, indices) => {
      const [opened, model] = [nothingOpened(floor), new Set<number>()]
      return indices.every((index) => {
        const fresh = index >= floor && !model.has(index)
        model.add(index)
        return noteOpened(opened, index) === fresh
      })
    }),
  )
})
