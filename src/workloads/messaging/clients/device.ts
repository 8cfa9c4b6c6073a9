import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../core/errors.ts'
import { addressOf } from '../population.ts'
import type { DeviceAddress } from '../population.ts'
import type { Answers, Pushed } from '../protocol/answers.ts'
import type { Voucher } from '../protocol/requests.ts'
import type { DeviceKeys, WrappedKey } from './encryption/encryption.ts'
import { openLink } from '../protocol/link.ts'
import type { Link } from '../protocol/link.ts'
import { newRecentMarks } from './recent-marks.ts'
import { newReceiver } from './receive.ts'
import type { DeviceObserver, Receiver } from './receive.ts'

/** One-time packages that a device leaves at the server at first, and how many used ones it replaces at a time (M-13). */
const PACKAGES = 10
const REFILL = 5
/** How long it waits before it looks for a gateway again. */
const AGAIN_MS = 100

/** Characters of a package that tell it apart: its key is random. */
const FINGERPRINT = 32

/** Where gateways are: asked anew for each connection. */
export type Gateways = () => Promise<readonly number[]>

/** A person's device: its keys, its socket while it has one, and what it knows of its conversations. */
export interface Device {
  readonly address: string
  readonly keys: DeviceKeys
  /** Whether it is connected, and its gateway knows whose it is. */
  readonly isOnline: boolean
  /** One after the other, in each conversation. */
  readonly sending: Map<string, Promise<unknown>>
  /** Wrapped keys that may not have come to those whom they are for, by conversation: they are sent again. */
  readonly unsent: Map<string, readonly WrappedKey[]>
  /** Who takes part, as this device last saw it. */
  readonly known: Map<string, Answers['devices']>
  /** What lets a further device of its user in. It goes from one device to the other, as by a code on the screen. */
  readonly voucher: Voucher
  /**
   * Registers with the server and leaves key packages there. @param by of another device of its user; the first one has
   * none @throws Refusal, OperationFailure
   */
  register(by?: Voucher): Promise<void>
  /** Connects, and resolves when all that waited has been taken. @throws OperationFailure */
  arrive(): Promise<void>
  /** The connection is cut, as when a train enters a tunnel. */
  leave(): void
  /** @throws Refusal, OperationFailure */
  ask<Type extends keyof Answers>(type: Type, header?: object, body?: Uint8Array): Promise<Answers[Type]>
  tell(header: object): void
  /** Moves the user's mark on. @throws Refusal, OperationFailure */
  read(conversation: string, message: bigint): Promise<void>
  /** Tells the witness which package of another device it was given. Base64. */
  noteClaim(of: string, claimed: string): void
  close(): void
}

/** What a device is made of. */
export interface DeviceParts {
  readonly device: DeviceAddress
  readonly keys: DeviceKeys
  readonly gateways: Gateways
  readonly observer: DeviceObserver
  /** Spreads devices over gateways. */
  readonly number: number
}

/** Nobody may wait for it: a connection that is lost then is no error. */
function untilDrained(): PromiseWithResolvers<void> {
  const drained = Promise.withResolvers<void>()
  drained.promise.catch(() => undefined)
  return drained
}

function joined(parts: readonly Uint8Array[]): {
  readonly lengths: readonly number[]
  readonly body: Buffer
} {
  return { lengths: parts.map((part) => part.length), body: Buffer.concat(parts) }
}

/** A device that is not connected yet. */
export function newDevice({ device, keys, gateways, observer, number }: DeviceParts): Device {
  const address = addressOf(device)
  const who = { user: device.user.toString(), device: device.device }
  let token = ''
  let link: Link | undefined
  /** The last connection whose gateway has said yes to hello: before, it answers nothing else. */
  let greeted: Link | undefined
  let arriving: Promise<void> | undefined
  /** Connections so far: the next one goes to another gateway. */
  let turn = number
  let isWanted = false
  const sending = new Map<string, Promise<unknown>>()
  const unsent = new Map<string, readonly WrappedKey[]>()
  const known = new Map<string, Answers['devices']>()

  function online(): Link | undefined {
    return link === greeted ? link : undefined
  }

  async function leavePackages(count: number): Promise<void> {
    const { lengths, body } = joined(keys.newPackages(count))
    await link?.ask('packages', { lengths }, body)
  }

  let sessions = 0
  const marks = newRecentMarks(() => performance.now())
  const receiver: Receiver = newReceiver(address, keys, {
    ...observer,
    received(received) {
      marks.moved('delivered', received.conversation, BigInt(received.message))
      observer.received(received)
    },
    sessionMade() {
      sessions += 1
      // The next one who writes finds a package of its own, not the last resort.
      if (sessions % REFILL === 0) leavePackages(REFILL).catch(() => undefined)
    },
  })

  async function connect(drained: PromiseWithResolvers<void>): Promise<Link> {
    const ports = await gateways()
    const port = ports[turn % Math.max(1, ports.length)]
    turn += 1
    if (port === undefined) throw new OperationFailure('unavailable', 'no gateway is known')
    const made: Link = await openLink(port, {
      pushed(push: Pushed, body) {
        // What had come so far when the connection was cut, and was not looked at yet, is lost with it.
        if (link !== made) return
        if (push.type === 'drained') drained.resolve()
        else receiver.take(push, body, (position) => made.tell({ type: 'taken', position }))
      },
      unreadable: (why) => observer.unreadable(address, why),
      closed() {
        drained.reject(new OperationFailure('unavailable', 'the connection was lost before all had come'))
        if (link !== made) return
        link = undefined
        receiver.disconnected()
        // It was not cut on purpose: a device looks for a gateway by itself.
        if (isWanted) void comeBack()
      },
    })
    return made
  }

  async function arriveOnce(): Promise<void> {
    const drained = untilDrained()
    const made = await connect(drained)
    if (!isWanted) {
      made.close()
      throw new OperationFailure('unavailable', 'the device has left while it connected')
    }
    link = made
    receiver.connected()
    try {
      await made.ask('hello', { ...who, token }, undefined, ({ epoch }) => {
        greeted = made
        receiver.inEpoch(epoch)
      })
      const before = marks.recent()
      if (before.length > 0) made.tell({ type: 'marks', marks: before })
      await drained.promise
    } catch (error) {
      made.close()
      throw error
    }
    receiver.settle()
  }

  function arrive(): Promise<void> {
    isWanted = true
    if (arriving === undefined && link !== undefined) return Promise.resolve()
    arriving ??= arriveOnce().finally(() => {
      arriving = undefined
    })
    return arriving
  }

  let isComingBack = false

  /** An attempt that fails ends a connection as well: there is one search at a time. */
  async function comeBack(): Promise<void> {
    if (isComingBack) return
    isComingBack = true
    while (isWanted && link === undefined) {
      await setTimeout(AGAIN_MS)
      if (isWanted) await arrive().catch(() => undefined)
    }
    isComingBack = false
  }

  return {
    address,
    keys,
    sending,
    unsent,
    known,
    get isOnline() {
      return online() !== undefined
    },
    get voucher() {
      return { device: device.device, token }
    },
    async register(by) {
      const made = await connect(untilDrained())
      link = made
      const lastResort = keys.lastResort()
      observer.lastResort(address, Buffer.from(lastResort).toString('base64').slice(0, FINGERPRINT))
      const { lengths, body } = joined([keys.identity, lastResort])
      const ask = { ...who, lengths, ...(by === undefined ? {} : { by }) }
      try {
        ;({ token } = await made.ask('register', ask, body))
        // What comes already comes again when it arrives: it is known by its position, and a wrapped key opens once.
        await made.ask('hello', { ...who, token }, undefined, ({ epoch }) => receiver.inEpoch(epoch))
        await leavePackages(PACKAGES)
      } finally {
        link = undefined
        made.close()
      }
    },
    arrive,
    leave() {
      isWanted = false
      link?.close()
      link = undefined
      receiver.disconnected()
    },
    ask(type, header = {}, body) {
      const here = online()
      if (here === undefined)
        return Promise.reject(new OperationFailure('unavailable', 'the device is not connected'))
      return here.ask(type, header, body)
    },
    tell: (header) => online()?.tell(header),
    async read(conversation, message) {
      await this.ask('read', { conversation, message: message.toString() })
      marks.moved('read', conversation, message)
      observer.read(address, conversation, message)
    },
    noteClaim: (of, claimed) => observer.claimed(of, claimed.slice(0, FINGERPRINT)),
    close() {
      isWanted = false
      link?.close()
      link = undefined
      keys.close()
    },
  }
}
