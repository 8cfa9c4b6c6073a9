/** Why something was refused. A device that sees one of these keeps what it had: nothing is half taken. */
export type EncryptionFailure =
  /** No key that could open it was given to this device, or it was written before the device was given one. */
  | 'unknown-key'
  /** It was changed on its way, or is not from whom it is said to be. What was opened before and is pairwise looks the same. */
  | 'forged'
  /** This message was opened before. */
  | 'replayed'
  /** The address has shown another identity before (trust on first use). */
  | 'identity-changed'
  /** There is no session with that device, and no package to begin one with. */
  | 'no-package'
  /** The conversation has no key of this device's own yet: ask `needsKey` and `share` before a message. */
  | 'no-key'

export class EncryptionError extends Error {
  override readonly name = 'EncryptionError'
  readonly reason: EncryptionFailure

  constructor(reason: EncryptionFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** A device that is to be given a key. */
export interface Recipient {
  /** User and device, "user:device" (M-25). */
  readonly address: string
  readonly identity: Uint8Array
  /** A one-time key of that device, which the server handed out once; undefined where `needsPackage` said no. */
  readonly package: Uint8Array | undefined
}

/** The device that something came from, as the server says. */
export interface Sender {
  readonly address: string
  readonly identity: Uint8Array
}

/** A sending key on its way to one device. */
export interface WrappedKey {
  readonly address: string
  readonly wrapped: Uint8Array
}

/**
 * One device's keys: they never leave it. Each device writes with a key of its own in each conversation, which it gives
 * to every other device once, wrapped for it alone; a message is then encrypted once, however many read it (M-26).
 * Everything is synchronous.
 */
export interface DeviceKeys {
  /** Public, 64 bytes: the key others agree on secrets with, and the one its packages are signed with. */
  readonly identity: Uint8Array
  /**
   * Makes one-time keys, of which the server hands out each once (M-13): public, signed, 96 bytes each.
   * The device remembers its newest 100; older ones that nobody has used are forgotten.
   * @throws RangeError fewer than 1 or more than 100 at once
   */
  newPackages(count: number): readonly Uint8Array[]
  /** Makes the package that is handed out when none is left. The one before it can still be used, those before not. */
  lastResort(): Uint8Array
  /** Whether `share` must be given a package for that device: there is no session with it yet. */
  needsPackage(address: string): boolean
  /**
   * The members' devices that lack this device's sending key, to be asked before a message. A key that has written
   * its share of messages, or that a device outside of the members holds, is forgotten first: then all lack it (M-26).
   * @param members addresses of all devices that may read the conversation, this one left out
   */
  needsKey(conversation: string, members: ReadonlySet<string>): readonly string[]
  /**
   * Wraps this device's sending key for each recipient, from the next message on: what was written before stays
   * closed to them. Makes the key where there is none, and sessions from packages.
   * @throws EncryptionError no-package, forged (a package that its device did not sign), identity-changed
   */
  share(conversation: string, recipients: readonly Recipient[]): readonly WrappedKey[]
  /**
   * Takes a wrapped key that came from another device. Answers whether it began a session, for which a package was used.
   * @throws EncryptionError forged (also: for another conversation, or taken before), unknown-key (for another device,
   * from another device, or by a one-time key that is used up: the library does not tell these apart), identity-changed
   */
  accept(conversation: string, from: Sender, wrapped: Uint8Array): { readonly began: boolean }
  /** @throws EncryptionError no-key */
  encrypt(conversation: string, plaintext: Uint8Array): Uint8Array
  /**
   * Opens a message of another device, in whatever order messages come.
   * @param from address of the device that wrote it
   * @throws EncryptionError unknown-key, forged, replayed
   */
  decrypt(conversation: string, from: string, envelope: Uint8Array): Uint8Array
  /** Forgets the sending key: the next message needs a new one (a member left, M-26). */
  rotate(conversation: string): void
  /**
   * A device of its own with all that this one holds now, and nothing that it comes to hold: what whoever reads its memory
   * has of it. By it a test says what that one can open (MSG-05).
   */
  copy(): DeviceKeys
  /** Frees what the device holds outside of JavaScript's heap; it must not be used afterwards. */
  close(): void
}

/** A library of encryption, loaded once a process. */
export interface Encryption {
  newDevice(): DeviceKeys
}
