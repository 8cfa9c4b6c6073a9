// `npm run bench:encryption`: what one device pays for each step of end-to-end encryption, in microseconds, on one core,
// and what it holds in memory. Steps are taken in batches, in turns; the median batch is printed, and the quickest.
import Table from 'cli-table3'
import type { DeviceKeys, Encryption } from '../../src/workloads/messaging/clients/encryption/encryption.ts'
import { decryptMedia, encryptMedia } from '../../src/workloads/messaging/clients/encryption/media.ts'
import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'

const ROUNDS = 15
const BATCH = 40
const MESSAGE = 128
const BLOB = 100_000
const DEVICES = 1_000

interface Step {
  readonly name: string
  /** Makes what a batch needs, untimed, and returns one step of it. */
  readonly prepare: () => (index: number) => unknown
}

let conversations = 0
const newConversation = (): string => `conversation-${(conversations += 1)}`

function steps(encryption: Encryption): readonly Step[] {
  const [writer, reader, absent] = [encryption.newDevice(), encryption.newDevice(), encryption.newDevice()]
  const plaintext = new Uint8Array(MESSAGE).fill(65)
  const blob = new Uint8Array(BLOB)
  const devices = (): readonly DeviceKeys[] => Array.from({ length: BATCH }, () => encryption.newDevice())
  const give = (conversation: string, address: string, to: DeviceKeys): Uint8Array => {
    const signed = writer.needsPackage(address) ? to.newPackages(1)[0] : undefined
    return (
      writer.share(conversation, [{ address, identity: to.identity, package: signed }])[0]?.wrapped ?? blob
    )
  }
  const from = { address: 'writer:1', identity: writer.identity }
  const conversation = newConversation()
  const members = new Set(['reader:1'])
  const renew = (): void => {
    writer.rotate(conversation)
    reader.accept(conversation, from, give(conversation, 'reader:1', reader))
  }
  const written = (): readonly Uint8Array[] => {
    renew()
    return Array.from({ length: BATCH }, () => writer.encrypt(conversation, plaintext))
  }
  return [
    { name: 'a device with 10 packages', prepare: () => () => encryption.newDevice().newPackages(10) },
    {
      name: 'first wrapped key to a device',
      prepare: () => {
        const [room, others] = [
          newConversation(),
          devices().map((keys) => [keys, keys.newPackages(1)] as const),
        ]
        return (index) => {
          const [keys, [signed]] = others[index] ?? [writer, []]
          return writer.share(room, [
            { address: `${room}:${index}`, identity: keys.identity, package: signed },
          ])
        }
      },
    },
    {
      name: 'first wrapped key taken',
      prepare: () => {
        const room = newConversation()
        const others = devices().map((keys, at) => [keys, give(room, `${room}:${at}`, keys)] as const)
        return (index) => others[index]?.[0].accept(room, from, others[index]?.[1])
      },
    },
    // To a device of its own: keys that never arrive would make the reader's session skip them.
    { name: 'next wrapped key to a device', prepare: () => () => give(conversation, 'absent:1', absent) },
    {
      name: 'next wrapped key taken',
      prepare: () => {
        const rooms = Array.from({ length: BATCH }, newConversation)
        const wrapped = rooms.map((room) => give(room, 'reader:1', reader))
        return (index) => reader.accept(rooms[index] ?? '', from, wrapped[index] ?? blob)
      },
    },
    {
      name: 'who lacks the key, of 1 device',
      prepare: () => {
        renew()
        return () => writer.needsKey(conversation, members)
      },
    },
    {
      name: `encrypt ${MESSAGE} bytes`,
      prepare: () => {
        renew()
        return () => writer.encrypt(conversation, plaintext)
      },
    },
    {
      name: `decrypt ${MESSAGE} bytes`,
      prepare: () => {
        const envelopes = written()
        return (index) => reader.decrypt(conversation, 'writer:1', envelopes[index] ?? blob)
      },
    },
    { name: `encrypt a blob of ${BLOB / 1_000} kB`, prepare: () => () => encryptMedia(blob) },
    {
      name: `decrypt a blob of ${BLOB / 1_000} kB`,
      prepare: () => {
        const media = encryptMedia(blob)
        return () => decryptMedia(media)
      },
    },
  ]
}

/** Microseconds a step, of one batch. */
function batchOf(step: Step): number {
  const once = step.prepare()
  const begun = process.hrtime.bigint()
  for (let index = 0; index < BATCH; index += 1) {
    once(index)
  }
  return Number(process.hrtime.bigint() - begun) / 1_000 / BATCH
}

/** Bytes of JavaScript's heap and of the library's memory by what `make` makes, each kept until all are there. */
function bytesEach(count: number, make: (index: number) => unknown): string {
  const [heap, library] = heldBytes()
  const kept = Array.from({ length: count }, (_, index) => make(index))
  const [heapAfter, libraryAfter] = heldBytes()
  const each = [heapAfter - heap, libraryAfter - library].map((bytes) => (bytes / kept.length).toFixed(0))
  return `${each[0]} + ${each[1]}`
}

function heldBytes(): [number, number] {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return [heapUsed, external]
}

function printSizes(encryption: Encryption): void {
  const writer = encryption.newDevice()
  const reader = encryption.newDevice()
  const sizes = new Table({
    head: ['held in memory or sent', 'bytes (heap + library)'],
    style: { head: [], border: [] },
  })
  const device = bytesEach(DEVICES, () => {
    const keys = encryption.newDevice()
    keys.newPackages(10)
    return keys
  })
  const [signed] = reader.newPackages(1)
  const readingKey = bytesEach(DEVICES * 10, (index) => {
    const recipient = { address: 'reader:1', identity: reader.identity, package: signed }
    const [shared] = writer.share(`room-${index}`, [recipient])
    writer.rotate(`room-${index}`)
    reader.accept(
      `room-${index}`,
      { address: 'writer:1', identity: writer.identity },
      shared?.wrapped ?? new Uint8Array(),
    )
  })
  sizes.push(['a device with 10 packages', device], ['a key to read with', readingKey])
  const conversation = 'sizes'
  const [shared] = writer.share(conversation, [
    { address: 'reader:1', identity: reader.identity, package: undefined },
  ])
  sizes.push(
    ['a wrapped key', String(shared?.wrapped.length)],
    [
      `the envelope of ${MESSAGE} bytes`,
      String(writer.encrypt(conversation, new Uint8Array(MESSAGE)).length),
    ],
  )
  console.log(sizes.toString())
}

function printTimes(encryption: Encryption): void {
  const all = steps(encryption)
  const times = all.map((): number[] => [])
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [at, step] of all.entries()) {
      const time = batchOf(step)
      if (round >= 0) {
        times[at]?.push(time)
      }
    }
  }
  const table = new Table({ head: ['step', 'median us', 'quickest us'], style: { head: [], border: [] } })
  for (const [at, step] of all.entries()) {
    const sorted = (times[at] ?? []).toSorted((one, other) => one - other)
    const numbers = [sorted[sorted.length >> 1], sorted[0]]
    table.push([step.name, ...numbers.map((number) => (number ?? 0).toFixed(1))])
  }
  console.log(table.toString())
}

const encryption = await openEncryption()
// Sizes first, for what the steps leave behind would be counted in them.
printSizes(encryption)
printTimes(encryption)
