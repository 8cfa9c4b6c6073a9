import { EncryptionError } from '../encryption.ts'
import type { Recipient, Sender } from '../encryption.ts'
import { openPackage, readIdentity } from './identity.ts'
import { REST_KEY, toBytes, toText } from './library.ts'
import type { OlmLibrary } from './library.ts'

type Account = InstanceType<OlmLibrary['Account']>
type Session = InstanceType<OlmLibrary['Session']>

/** Two devices that write to each other first at the same time have two sessions; more than a few are a mistake. */
const SESSIONS_KEPT = 4

/** libolm's kind of a message that can begin a session. */
const BEGINS = 0

/** First byte of each of its messages; in one that begins a session it is the one byte that libolm does not look at. */
const OLM_VERSION = 3

interface Peer {
  /** The first identity that its address showed. */
  readonly identity: string
  /** Sessions at rest, the one that was heard from last first. */
  sessions: readonly string[]
}

/** A device's pairwise sessions with other devices (double ratchet), which carry sending keys. */
export interface Peers {
  known(address: string): boolean
  /** @throws EncryptionError no-package, forged, identity-changed */
  wrap(recipient: Recipient, text: string): Uint8Array
  /** @returns what was wrapped, and whether a package of this device's began a session with it @throws EncryptionError forged, unknown-key, identity-changed */
  unwrap(sender: Sender, wrapped: Uint8Array): { readonly text: string; readonly began: boolean }
  /** The same sessions, of a copy of the account. */
  copy(account: () => Account): Peers
}

/** @param begun sessions that there are already */
export function peersOf(
  olm: OlmLibrary,
  account: () => Account,
  begun: ReadonlyMap<string, Peer> = new Map(),
): Peers {
  const peers = new Map([...begun].map(([address, peer]) => [address, { ...peer }]))

  const peerOf = ({ address, identity }: Sender): Peer => {
    const text = toText(identity)
    const peer = peers.get(address) ?? { identity: text, sessions: [] }
    if (peer.identity !== text) {
      throw new EncryptionError('identity-changed', `${address} had another identity before`)
    }
    return peer
  }

  return {
    known: (address) => (peers.get(address)?.sessions.length ?? 0) > 0,
    wrap(recipient, text) {
      const peer = peerOf(recipient)
      const [rest, ...others] = peer.sessions
      const [message, next] = within(olm, rest, (session) => {
        if (rest === undefined) {
          begin(olm, session, account(), recipient)
        }
        return session.encrypt(text)
      })
      peer.sessions = [next, ...others]
      peers.set(recipient.address, peer)
      return Buffer.concat([Uint8Array.of(message.type), toBytes(message.body)])
    },
    unwrap(sender, wrapped) {
      const peer = peerOf(sender)
      const { exchange } = readIdentity(sender.identity)
      if (wrapped[1] !== OLM_VERSION) {
        throw new EncryptionError('forged', 'it is no wrapped key')
      }
      const message = { kind: wrapped[0] ?? -1, body: toText(wrapped.subarray(1)), exchange }
      const { text, next, used } = openKnown(olm, peer, message) ?? openFirst(olm, account(), message)
      peer.sessions = [next, ...peer.sessions.filter((rest) => rest !== used)].slice(0, SESSIONS_KEPT)
      peers.set(sender.address, peer)
      return { text, began: used === undefined }
    },
    copy: (ofCopy) => peersOf(olm, ofCopy, peers),
  }
}

interface Wrapped {
  readonly kind: number
  readonly body: string
  readonly exchange: string
}

interface Unwrapped {
  readonly text: string
  /** The session as it is to be kept, and as it was before. */
  readonly next: string
  readonly used: string | undefined
}

/** Opens a message with the session that it belongs to; undefined when it may begin one. */
function openKnown(olm: OlmLibrary, peer: Peer, message: Wrapped): Unwrapped | undefined {
  for (const used of peer.sessions) {
    const [text, next] = within(olm, used, (session) => {
      const own = message.kind !== BEGINS || session.matches_inbound_from(message.exchange, message.body)
      return own ? attempt(() => session.decrypt(message.kind, message.body)) : undefined
    })
    if (typeof text === 'string') {
      return { text, next, used }
    }
    // A message of this very session that it cannot open must not begin another: it was opened before.
    if (text !== undefined && message.kind === BEGINS) {
      throw new EncryptionError('forged', 'a wrapped key was changed on its way, or opened before', text)
    }
  }
  if (message.kind !== BEGINS) {
    throw new EncryptionError('forged', 'no session opens this wrapped key, or it was opened before')
  }
  return undefined
}

function openFirst(olm: OlmLibrary, account: Account, { kind, body, exchange }: Wrapped): Unwrapped {
  const [text, next] = within(olm, undefined, (session) => {
    const begun = attempt(() => session.create_inbound_from(account, exchange, body))
    if (begun instanceof Error) {
      const used = begun.message.includes('BAD_MESSAGE_KEY_ID')
      throw new EncryptionError(
        used ? 'unknown-key' : 'forged',
        used ? 'its one-time key is used up, or another device wrapped it' : 'it is no wrapped key',
        begun,
      )
    }
    const text = attempt(() => session.decrypt(kind, body))
    if (text instanceof Error) {
      throw new EncryptionError('forged', 'a wrapped key was changed on its way', text)
    }
    account.remove_one_time_keys(session)
    return text
  })
  return { text, next, used: undefined }
}

function begin(
  olm: OlmLibrary,
  session: Session,
  account: Account,
  { address, identity, package: signed }: Recipient,
): void {
  if (signed === undefined) {
    throw new EncryptionError('no-package', `no session with ${address}, and no package to begin one with`)
  }
  const keys = readIdentity(identity)
  session.create_outbound(account, keys.exchange, openPackage(olm, keys, signed))
}

/**
 * Uses a session and puts it to rest again: open it takes 3.8 KiB of the library's memory, at rest .35 KiB of
 * JavaScript's, and a device that talks with thousands uses each once in a while.
 */
function within<Result>(
  olm: OlmLibrary,
  rest: string | undefined,
  use: (session: Session) => Result,
): readonly [Result, string] {
  const session = new olm.Session()
  try {
    if (rest !== undefined) {
      session.unpickle(REST_KEY, rest)
    }
    const result = use(session)
    return [result, session.pickle(REST_KEY)]
  } finally {
    session.free()
  }
}

/** What the library answers, or the error it throws: a failed message leaves the session as it was. */
function attempt<Result>(ask: () => Result): Result | Error {
  try {
    return ask()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
