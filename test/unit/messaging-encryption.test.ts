import fc from 'fast-check'
import t from 'tap'
import { MESSAGES_PER_KEY } from '../../src/workloads/messaging/clients/encryption/olm/sending.ts'
import { distribute, encryption, membersOf, refused, senderOf, text } from '../helpers/encryption.ts'
import type { Member } from '../helpers/encryption.ts'

const ROOM = 'room-1'
const CANARY = 'canary-7e1f-plaintext'

const three = (t: { teardown(close: () => void): void }): [Member, Member, Member] =>
  membersOf(t, 'ann', 'bob', 'cat') as [Member, Member, Member]

t.test('every member opens every message, in whatever order messages come', async (t) => {
  const [ann, bob, cat] = three(t)
  const messages = fc.array(fc.uint8Array({ maxLength: 700 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(messages, fc.infiniteStream(fc.nat()), (plaintexts, order) => {
      distribute(ROOM, ann, [bob, cat])
      const sent = plaintexts.map((plaintext) => ({
        plaintext,
        envelope: ann.keys.encrypt(ROOM, plaintext),
        place: order.next().value,
      }))
      const shuffled = sent.toSorted((one, other) => one.place - other.place)
      return [bob, cat].every(({ keys }) =>
        shuffled.every(
          ({ plaintext, envelope }) =>
            Buffer.compare(keys.decrypt(ROOM, ann.address, envelope), plaintext) === 0,
        ),
      )
    }),
    { numRuns: 40 },
  )
})

t.test('messages of any length open, of none and of a megabyte', async (t) => {
  const [ann, bob] = three(t)
  distribute(ROOM, ann, [bob])
  for (const length of [0, 1, 159, 160, 70_000, 2 ** 20]) {
    const plaintext = Buffer.alloc(length, CANARY)
    const opened = bob.keys.decrypt(ROOM, ann.address, ann.keys.encrypt(ROOM, plaintext))
    t.ok(Buffer.from(opened).equals(plaintext), `${length} bytes`)
  }
})

t.test(
  'a device that was not given the key opens nothing, and what was wrapped is for one device',
  async (t) => {
    const [ann, bob, cat] = three(t)
    distribute(ROOM, ann, [bob])
    const envelope = ann.keys.encrypt(ROOM, text(CANARY))
    t.throws(() => cat.keys.decrypt(ROOM, ann.address, envelope), refused('unknown-key'))
    const [signed] = bob.keys.newPackages(1)
    const [shared] = cat.keys.share(ROOM, [{ ...senderOf(bob), package: signed }])
    const wrapped = shared?.wrapped ?? new Uint8Array()
    t.throws(() => ann.keys.accept(ROOM, senderOf(cat), wrapped), refused('unknown-key'))
    t.throws(
      () => bob.keys.accept('room-2', senderOf(cat), wrapped),
      refused('forged'),
      'in another conversation',
    )
  },
)

t.test(
  'a key is from the device that it is said to be from, and opens nothing in another conversation',
  async (t) => {
    const [ann, bob, cat] = three(t)
    const [signed] = bob.keys.newPackages(1)
    const [shared] = cat.keys.share(ROOM, [{ ...senderOf(bob), package: signed }])
    t.throws(() => bob.keys.accept(ROOM, senderOf(ann), shared?.wrapped ?? text('')), refused('unknown-key'))
    distribute(ROOM, ann, [bob])
    const envelope = ann.keys.encrypt(ROOM, text(CANARY))
    t.throws(() => bob.keys.decrypt('room-2', ann.address, envelope), refused('unknown-key'))
    t.throws(() => bob.keys.decrypt(ROOM, cat.address, envelope), refused('unknown-key'))
  },
)

t.test(
  'who has left opens nothing that is written afterwards, with or without being told of it',
  async (t) => {
    const [ann, bob, cat] = three(t)
    t.equal(distribute(ROOM, ann, [bob, cat]), 2)
    t.equal(distribute(ROOM, ann, [bob, cat]), 0, 'a key is given once')
    t.equal(distribute(ROOM, ann, [bob]), 1, 'needsKey sees that the key is held outside of the members')
    const afterwards = ann.keys.encrypt(ROOM, text('two of us'))
    t.throws(() => cat.keys.decrypt(ROOM, ann.address, afterwards), refused('unknown-key'))
    t.strictSame(Buffer.from(bob.keys.decrypt(ROOM, ann.address, afterwards)), text('two of us'))
    ann.keys.rotate(ROOM)
    t.throws(() => ann.keys.encrypt(ROOM, text(CANARY)), refused('no-key'))
    t.equal(distribute(ROOM, ann, [bob]), 1)
    t.ok(bob.keys.decrypt(ROOM, ann.address, ann.keys.encrypt(ROOM, text('again'))))
  },
)

t.test('who comes later opens what is written from then on, and nothing before', async (t) => {
  const [ann, bob, cat] = three(t)
  distribute(ROOM, ann, [bob])
  const before = ann.keys.encrypt(ROOM, text('before'))
  t.equal(distribute(ROOM, ann, [bob, cat]), 1)
  const after = ann.keys.encrypt(ROOM, text('after'))
  t.throws(() => cat.keys.decrypt(ROOM, ann.address, before), refused('unknown-key'))
  t.strictSame(Buffer.from(cat.keys.decrypt(ROOM, ann.address, after)), text('after'))
  t.strictSame(Buffer.from(bob.keys.decrypt(ROOM, ann.address, before)), text('before'))
})

t.test(
  'keys of many conversations arrive in whatever order, also those that begin the session',
  async (t) => {
    const [ann, bob] = three(t)
    const rooms = Array.from({ length: 12 }, (_, at) => `room-${at}`)
    const [signed] = bob.keys.newPackages(1)
    const wrapped = rooms.flatMap((room) => ann.keys.share(room, [{ ...senderOf(bob), package: signed }]))
    for (const at of [7, 0, 11, 3, 10, 9, 8, 6, 5, 4, 2, 1]) {
      bob.keys.accept(rooms[at] ?? '', senderOf(ann), wrapped[at]?.wrapped ?? text(''))
    }
    for (const room of rooms) {
      t.ok(bob.keys.decrypt(room, ann.address, ann.keys.encrypt(room, text(room))))
    }
  },
)

t.test('what was opened before is refused, messages and wrapped keys', async (t) => {
  const [ann, bob] = three(t)
  for (const [round, signed] of [bob.keys.newPackages(1)[0], bob.keys.lastResort()].entries()) {
    ann.keys.rotate(ROOM)
    const [shared] = ann.keys.share(ROOM, [{ ...senderOf(bob), package: signed }])
    const wrapped = shared?.wrapped ?? new Uint8Array()
    t.same(bob.keys.accept(ROOM, senderOf(ann), wrapped), { began: round === 0 }, 'a package was used once')
    t.throws(() => bob.keys.accept(ROOM, senderOf(ann), wrapped), refused('forged'))
  }
  const envelopes = ['one', 'two', 'three'].map((words) => ann.keys.encrypt(ROOM, text(words)))
  for (const envelope of envelopes.toReversed()) {
    bob.keys.decrypt(ROOM, ann.address, envelope)
  }
  for (const envelope of envelopes) {
    t.throws(() => bob.keys.decrypt(ROOM, ann.address, envelope), refused('replayed'))
  }
})

t.test('a message with any bit turned is refused, and opens when it comes unharmed', async (t) => {
  const [ann, bob] = three(t)
  distribute(ROOM, ann, [bob])
  const envelope = ann.keys.encrypt(ROOM, text(CANARY))
  const open = (bytes: Uint8Array) => (): Uint8Array => bob.keys.decrypt(ROOM, ann.address, bytes)
  for (let bit = 0; bit < envelope.length * 8; bit += 1) {
    const harmed = Uint8Array.from(envelope)
    harmed[bit >> 3] = (harmed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      open(harmed)()
      t.fail(`bit ${bit} is not looked at`)
    } catch (error) {
      t.match(error, /EncryptionError/u)
    }
  }
  for (let length = 0; length < envelope.length; length += 1) {
    t.throws(open(envelope.subarray(0, length)), { name: 'EncryptionError' })
  }
  t.strictSame(Buffer.from(open(envelope)()), text(CANARY))
})

t.test('a wrapped key with a bit turned is refused and gives nothing; unharmed it is taken', async (t) => {
  const [ann, bob] = three(t)
  const [shared] = ann.keys.share(ROOM, [{ ...senderOf(bob), package: bob.keys.newPackages(1)[0] }])
  const wrapped = shared?.wrapped ?? new Uint8Array()
  for (let byte = 0; byte < wrapped.length; byte += 1) {
    const harmed = Uint8Array.from(wrapped)
    harmed[byte] = (harmed[byte] ?? 0) ^ (1 << (byte % 8))
    t.throws(() => bob.keys.accept(ROOM, senderOf(ann), harmed), { name: 'EncryptionError' }, `byte ${byte}`)
  }
  bob.keys.accept(ROOM, senderOf(ann), wrapped)
  t.ok(bob.keys.decrypt(ROOM, ann.address, ann.keys.encrypt(ROOM, text(CANARY))))
})

t.test('no plaintext and no sending key is in what a server sees, and sizes come in steps', async (t) => {
  const [ann, bob] = three(t)
  const [shared] = ann.keys.share(CANARY, [{ ...senderOf(bob), package: bob.keys.newPackages(1)[0] }])
  const envelope = ann.keys.encrypt(CANARY, text(CANARY))
  for (const bytes of [shared?.wrapped ?? text(CANARY), envelope]) {
    for (const encoding of ['latin1', 'base64', 'hex'] as const) {
      const form = Buffer.from(CANARY).toString(encoding).slice(0, 20)
      t.notMatch(Buffer.from(bytes).toString(encoding === 'latin1' ? 'latin1' : encoding), form)
      t.notMatch(Buffer.from(bytes).toString('latin1'), form)
    }
  }
  const sizes = [1, 100, 159].map((length) => ann.keys.encrypt(CANARY, new Uint8Array(length)).length)
  t.equal(new Set(sizes).size, 1)
})

t.test('a package makes one session: the second device that was handed it is refused', async (t) => {
  const [ann, bob, cat] = three(t)
  const [signed] = bob.keys.newPackages(1)
  const [first] = ann.keys.share(ROOM, [{ ...senderOf(bob), package: signed }])
  const [second] = cat.keys.share(ROOM, [{ ...senderOf(bob), package: signed }])
  bob.keys.accept(ROOM, senderOf(ann), first?.wrapped ?? text(''))
  t.throws(() => bob.keys.accept(ROOM, senderOf(cat), second?.wrapped ?? text('')), refused('unknown-key'))
})

t.test(
  'the package of last resort makes sessions for all who are handed it, and outlives one successor',
  async (t) => {
    const [ann, bob, cat] = three(t)
    const resort = bob.keys.lastResort()
    const accepted = (sender: Member): void => {
      const [shared] = sender.keys.share(ROOM, [{ ...senderOf(bob), package: resort }])
      bob.keys.accept(ROOM, senderOf(sender), shared?.wrapped ?? text(''))
    }
    accepted(ann)
    bob.keys.lastResort()
    accepted(cat)
    bob.keys.lastResort()
    t.throws(() => accepted(membersOf(t, 'dan')[0] as Member), refused('unknown-key'))
  },
)

t.test(
  'a package that its device did not sign is refused, and so is a second identity at an address',
  async (t) => {
    const [ann, bob, cat] = three(t)
    const [signed] = cat.keys.newPackages(1)
    t.throws(() => ann.keys.share(ROOM, [{ ...senderOf(bob), package: signed }]), refused('forged'))
    t.throws(() => ann.keys.share(ROOM, [{ ...senderOf(bob), package: undefined }]), refused('no-package'))
    distribute(ROOM, ann, [bob])
    const swapped = { address: bob.address, identity: cat.keys.identity, package: signed }
    t.throws(() => ann.keys.share(ROOM, [swapped]), refused('identity-changed'))
  },
)

t.test('two devices that give each other keys at the same time read each other ever after', async (t) => {
  const [ann, bob] = three(t)
  const [toBob] = ann.keys.share(ROOM, [{ ...senderOf(bob), package: bob.keys.newPackages(1)[0] }])
  const [toAnn] = bob.keys.share(ROOM, [{ ...senderOf(ann), package: ann.keys.newPackages(1)[0] }])
  bob.keys.accept(ROOM, senderOf(ann), toBob?.wrapped ?? text(''))
  ann.keys.accept(ROOM, senderOf(bob), toAnn?.wrapped ?? text(''))
  for (let round = 0; round < 6; round += 1) {
    for (const [writer, reader] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      t.equal(writer.keys.needsPackage(reader.address), false)
      writer.keys.rotate(ROOM)
      distribute(ROOM, writer, [reader])
      t.ok(reader.keys.decrypt(ROOM, writer.address, writer.keys.encrypt(ROOM, text(`round ${round}`))))
    }
  }
})

t.test(
  'a key writes its share of messages and no more; the messages of the key before still open',
  async (t) => {
    const [ann, bob] = three(t)
    distribute(ROOM, ann, [bob])
    const last = Array.from({ length: MESSAGES_PER_KEY }, () => ann.keys.encrypt(ROOM, text('m'))).at(-1)
    t.throws(() => ann.keys.encrypt(ROOM, text('one too many')), refused('no-key'))
    t.equal(distribute(ROOM, ann, [bob]), 1)
    t.ok(bob.keys.decrypt(ROOM, ann.address, ann.keys.encrypt(ROOM, text('new key'))))
    t.ok(bob.keys.decrypt(ROOM, ann.address, last ?? text('')))
  },
)

t.test('a closed device is not asked again', async (t) => {
  const keys = encryption.newDevice()
  keys.close()
  keys.close()
  t.throws(() => keys.newPackages(1), { message: 'the device is closed' })
  t.throws(() => keys.share(ROOM, []), { message: 'the device is closed' })
})
