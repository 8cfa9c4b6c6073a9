// What whoever copies a device's memory can open with it, and for how long (MSG-05): sending keys travel over double ratchets,
// messages are written with them.
import t from 'tap'
import { distribute, membersOf, refused, senderOf, text } from '../helpers/encryption.ts'
import type { Member } from '../helpers/encryption.ts'

const ROOM = 'room-1'

interface Owned {
  teardown(close: () => void): void
}

const three = (t: Owned): [Member, Member, Member] =>
  membersOf(t, 'ann', 'bob', 'eve') as [Member, Member, Member]

/** All that a device holds at this moment, in the hands of somebody else. */
function stolen(t: Owned, { address, keys }: Member): Member {
  const copy = keys.copy()
  t.teardown(() => copy.close())
  return { address, keys: copy }
}

/** A new sending key of a conversation, wrapped for one device; nobody has taken it yet. */
function wrapFor(writer: Member, reader: Member, room = ROOM): Uint8Array {
  writer.keys.rotate(room)
  const signed = writer.keys.needsPackage(reader.address) ? reader.keys.newPackages(1)[0] : undefined
  const [shared] = writer.keys.share(room, [{ ...senderOf(reader), package: signed }])
  return shared?.wrapped ?? text('')
}

/** A key on its way, which arrives. */
function exchange(writer: Member, reader: Member, room = ROOM): Uint8Array {
  const wrapped = wrapFor(writer, reader, room)
  reader.keys.accept(room, senderOf(writer), wrapped)
  return wrapped
}

t.test(
  'a stolen device opens no wrapped key that it had opened before, be it the one that began the session',
  async (t) => {
    const [ann, bob] = three(t)
    const before = [exchange(ann, bob)]
    exchange(bob, ann)
    before.push(exchange(ann, bob), exchange(ann, bob))
    const thief = stolen(t, bob)
    for (const wrapped of before)
      t.throws(() => thief.keys.accept(ROOM, senderOf(ann), wrapped), refused('forged'))
  },
)

t.test(
  'a stolen sender opens no key that it has wrapped, and its copy gives nothing from before',
  async (t) => {
    const [ann, bob, eve] = three(t)
    exchange(ann, bob)
    exchange(bob, ann)
    const wrapped = exchange(ann, bob)
    const before = ann.keys.encrypt(ROOM, text('before'))
    const thief = stolen(t, ann)
    t.throws(() => thief.keys.accept(ROOM, senderOf(bob), wrapped), refused('forged'))
    t.throws(() => thief.keys.decrypt(ROOM, ann.address, before), refused('unknown-key'))
    const after = ann.keys.encrypt(ROOM, text('after'))
    distribute(ROOM, thief, [bob, eve])
    t.throws(() => eve.keys.decrypt(ROOM, ann.address, before), refused('unknown-key'))
    t.strictSame(Buffer.from(eve.keys.decrypt(ROOM, ann.address, after)), text('after'), 'its future it does')
  },
)

t.test(
  'a stolen device opens what is wrapped for it, until its owner has wrapped something and been answered',
  async (t) => {
    const [ann, bob] = three(t)
    exchange(ann, bob)
    exchange(bob, ann)
    exchange(ann, bob)
    const thief = stolen(t, bob)
    const next = wrapFor(ann, bob)
    thief.keys.accept(ROOM, senderOf(ann), next)
    t.pass('the next one it opens')
    bob.keys.accept(ROOM, senderOf(ann), next)
    // Bob's answer has a new key of his own, which the thief has not; Ann's next one is for that.
    exchange(bob, ann)
    const healed = wrapFor(ann, bob)
    t.throws(() => thief.keys.accept(ROOM, senderOf(ann), healed), refused('forged'))
    bob.keys.accept(ROOM, senderOf(ann), healed)
    const message = ann.keys.encrypt(ROOM, text('between us'))
    t.throws(() => thief.keys.decrypt(ROOM, ann.address, message), refused('unknown-key'))
    t.strictSame(Buffer.from(bob.keys.decrypt(ROOM, ann.address, message)), text('between us'))
  },
)

t.test(
  'a session that begins by a package from before the theft is open to the thief, and by a later one not',
  async (t) => {
    const [ann, bob, eve] = three(t)
    const [early] = bob.keys.newPackages(1)
    const thief = stolen(t, bob)
    const [late] = bob.keys.newPackages(1)
    const [byEarly] = ann.keys.share(ROOM, [{ ...senderOf(bob), package: early }])
    thief.keys.accept(ROOM, senderOf(ann), byEarly?.wrapped ?? text(''))
    const [byLate] = eve.keys.share(ROOM, [{ ...senderOf(bob), package: late }])
    const wrapped = byLate?.wrapped ?? text('')
    t.throws(() => thief.keys.accept(ROOM, senderOf(eve), wrapped), refused('unknown-key'))
    bob.keys.accept(ROOM, senderOf(eve), wrapped)
    t.ok(bob.keys.decrypt(ROOM, eve.address, eve.keys.encrypt(ROOM, text('for Bob alone'))))
  },
)

t.test(
  'messages heal with their sending key and not within it: a stolen reader opens all of it, before and after',
  async (t) => {
    const [ann, bob] = three(t)
    exchange(ann, bob)
    const unread = ann.keys.encrypt(ROOM, text('before'))
    const thief = stolen(t, bob)
    exchange(bob, ann, 'room-2')
    const later = ann.keys.encrypt(ROOM, text('after'))
    for (const [envelope, words] of [
      [unread, 'before'],
      [later, 'after'],
    ] as const) {
      t.strictSame(Buffer.from(thief.keys.decrypt(ROOM, ann.address, envelope)), text(words))
      t.strictSame(Buffer.from(bob.keys.decrypt(ROOM, ann.address, envelope)), text(words))
    }
  },
)

t.test('a copy and its original go on without each other', async (t) => {
  const [ann, bob] = three(t)
  exchange(ann, bob)
  const copy = stolen(t, ann)
  const [one, other] = [ann, copy].map(({ keys }) => keys.encrypt(ROOM, text('same')))
  t.ok(bob.keys.decrypt(ROOM, ann.address, one ?? text('')))
  t.throws(() => bob.keys.decrypt(ROOM, ann.address, other ?? text('')), refused('replayed'))
  ann.keys.rotate(ROOM)
  t.ok(copy.keys.encrypt(ROOM, text('still')))
  copy.keys.close()
  t.equal(distribute(ROOM, ann, [bob]), 1)
})
