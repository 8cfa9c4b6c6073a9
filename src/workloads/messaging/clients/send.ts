import { setTimeout } from 'node:timers/promises'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { StoreCost } from '../protocol/answers.ts'
import { MOST_DEVICES } from '../protocol/requests.ts'
import type { Device } from './device.ts'
import type { Recipient, WrappedKey } from './encryption/encryption.ts'
import { encryptMedia } from './encryption/media.ts'
import { encodePlaintext, textOf } from './plaintext.ts'
import type { MediaReference, MessageKind, Plaintext } from './plaintext.ts'

/** A state of the conversation that changes under every look is somebody's mistake. */
const LOOKS = 8
const AGAIN_MS = 50

/** A message that a person sends. */
export interface Outgoing {
  readonly conversation: string
  /** A uuid: the same when it is sent again. */
  readonly key: string
  readonly kind: MessageKind
  /** Of an image or a video, in bytes. */
  readonly mediaBytes: number
  /** Whether its answer is taken for lost, and it is sent once more (M-02). */
  readonly repeats: boolean
  /** `performance.now()` milliseconds after which nobody waits. */
  readonly deadlineAt: number
}

/** What became of it. */
export interface Sent {
  readonly message: string
  readonly recipients: number
  /** Of the first time; absent where the server does not say. */
  readonly cost?: StoreCost
  /** What the server said the second time. */
  readonly again: string | undefined
}

/** Puts what comes behind what is under way. */
function inTurn<Result>(device: Device, conversation: string, work: () => Promise<Result>): Promise<Result> {
  const before = device.sending.get(conversation) ?? Promise.resolve()
  const mine = before.then(work)
  const settled = mine.then(
    () => undefined,
    () => undefined,
  )
  device.sending.set(conversation, settled)
  return mine
}

function chunksOf<Each>(all: readonly Each[], size: number): readonly (readonly Each[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}

/** Gives this device's key of the conversation to those of the members that lack it (M-26). */
async function giveKey(device: Device, conversation: string): Promise<string> {
  await sendUnsent(device, conversation)
  const members = device.known.get(conversation) ?? (await device.ask('devices', { conversation }))
  device.known.set(conversation, members)
  const others = members.devices.filter(({ address }) => address !== device.address)
  const lacking = new Set(device.keys.needsKey(conversation, new Set(others.map(({ address }) => address))))
  const toGive = others.filter(({ address }) => lacking.has(address))
  // Who is left alone still writes: whoever is added later is given the key from there on.
  if (others.length === 0) device.keys.share(conversation, [])
  for (const chunk of chunksOf(toGive, MOST_DEVICES)) {
    const unmet = chunk.filter(({ address }) => device.keys.needsPackage(address))
    const addresses = unmet.map(({ address }) => address)
    const { packages } = addresses.length === 0 ? { packages: [] } : await device.ask('claim', { addresses })
    const packageOf = new Map(addresses.map((address, index) => [address, packages[index] ?? '']))
    const recipients = chunk.flatMap(({ address, identity }): Recipient[] => {
      const claimed = packageOf.get(address)
      // A device that is gone already has left nothing.
      if (claimed === '') return []
      if (claimed !== undefined) device.noteClaim(address, claimed)
      return [
        {
          address,
          identity: Buffer.from(identity, 'base64'),
          package: claimed === undefined ? undefined : Buffer.from(claimed, 'base64'),
        },
      ]
    })
    await sendKeys(device, conversation, device.keys.share(conversation, recipients))
  }
  return members.state
}

/**
 * Sends keys to those whom they are for. Where nobody knows whether they have come the same are sent again before the next
 * message: new ones, as often as somebody tries, would leave those who are away with more than they keep.
 */
async function sendKeys(device: Device, conversation: string, wrapped: readonly WrappedKey[]): Promise<void> {
  if (wrapped.length === 0) return
  device.unsent.set(conversation, wrapped)
  try {
    await device.ask(
      'keys',
      {
        conversation,
        addresses: wrapped.map(({ address }) => address),
        lengths: wrapped.map((each) => each.wrapped.length),
      },
      Buffer.concat(wrapped.map((each) => each.wrapped)),
    )
    device.unsent.delete(conversation)
  } catch (error) {
    if (!(error instanceof OperationFailure)) {
      // Somebody may not have it any more: the next message is written with another one.
      device.unsent.delete(conversation)
      device.keys.rotate(conversation)
    }
    throw error
  }
}

async function sendUnsent(device: Device, conversation: string): Promise<void> {
  try {
    await sendKeys(device, conversation, device.unsent.get(conversation) ?? [])
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

/** Uploads a blob that only those who read the message can open (M-19). */
async function upload(device: Device, bytes: number): Promise<MediaReference> {
  const { ciphertext, key, hash } = encryptMedia(Buffer.alloc(bytes, device.address))
  await device.ask('upload', { hash: Buffer.from(hash).toString('hex') }, ciphertext)
  return { key: Buffer.from(key).toString('base64'), hash: Buffer.from(hash).toString('hex') }
}

async function write(device: Device, outgoing: Outgoing, writtenMicros: number): Promise<Sent> {
  const { conversation, key, kind, mediaBytes } = outgoing
  const media = kind === 'text' ? undefined : await upload(device, mediaBytes)
  const plaintext: Plaintext = {
    kind,
    key,
    writtenMicros,
    text: textOf(key),
    ...(media === undefined ? {} : { media }),
  }
  const bytes = encodePlaintext(plaintext)
  // From a lost answer on, whatever is looked at anew in between.
  let mayBeTaken = false
  for (let look = 0; look < LOOKS; look += 1) {
    const state = await overConnections(device, outgoing, () => giveKey(device, conversation))
    const envelope = device.keys.encrypt(conversation, bytes)
    const send = { conversation, state, key }
    // By the same key: however often it is sent, it is one message (M-02).
    const answer = await overConnections(device, outgoing, (isAgain) => {
      mayBeTaken ||= isAgain
      return device.ask('send', { ...send, again: mayBeTaken }, envelope)
    })
    if ('stale' in answer) {
      device.known.delete(conversation)
      continue
    }
    const second = outgoing.repeats ? await device.ask('send', { ...send, again: true }, envelope) : undefined
    const again = second === undefined || 'stale' in second ? undefined : second.message
    return { ...answer, again }
  }
  throw new OperationFailure('conflict', `the members of ${conversation} change under every look`)
}

/** What a connection that is lost interrupts is done again over the next one, while somebody waits for it. */
async function overConnections<Result>(
  device: Device,
  { deadlineAt }: Outgoing,
  work: (isAgain: boolean) => Promise<Result>,
): Promise<Result> {
  let isAgain = false
  for (;;) {
    try {
      return await work(isAgain)
    } catch (error) {
      const isLost = error instanceof OperationFailure && error.kind === 'unavailable'
      if (!isLost || performance.now() > deadlineAt) throw error
      isAgain = true
      await setTimeout(AGAIN_MS)
      await device.arrive().catch(() => undefined)
    }
  }
}

/**
 * Sends a message: gives those who lack it the key, encrypts, and waits until it is durable. Messages of one device in
 * one conversation go one after the other. @throws Refusal, OperationFailure
 */
export function send(device: Device, outgoing: Outgoing): Promise<Sent> {
  const writtenMicros = Number(process.hrtime.bigint()) / 1e3
  return inTurn(device, outgoing.conversation, async () => {
    if (!device.isOnline) await overConnections(device, outgoing, () => device.arrive())
    return write(device, outgoing, writtenMicros)
  })
}
