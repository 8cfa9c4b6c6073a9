import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'
import type {
  DeviceKeys,
  Encryption,
  EncryptionFailure,
} from '../../src/workloads/messaging/clients/encryption/encryption.ts'

export const encryption: Encryption = await openEncryption()

/** A device with the address that others know it by. */
export interface Member {
  readonly address: string
  readonly keys: DeviceKeys
}

/** New devices; closed when the test ends. */
export function membersOf(t: { teardown(close: () => void): void }, ...names: readonly string[]): Member[] {
  return names.map((name) => {
    const keys = encryption.newDevice()
    t.teardown(() => keys.close())
    return { address: `${name}:1`, keys }
  })
}

/** As the server would: gives the readers that lack it the writer's key, with packages where they are needed. */
export function distribute(conversation: string, writer: Member, readers: readonly Member[]): number {
  const lacking = writer.keys.needsKey(conversation, new Set(readers.map(({ address }) => address)))
  const recipients = readers
    .filter(({ address }) => lacking.includes(address))
    .map((reader) => ({
      address: reader.address,
      identity: reader.keys.identity,
      package: writer.keys.needsPackage(reader.address) ? reader.keys.newPackages(1)[0] : undefined,
    }))
  for (const { address, wrapped } of writer.keys.share(conversation, recipients)) {
    readers.find((reader) => reader.address === address)?.keys.accept(conversation, senderOf(writer), wrapped)
  }
  return recipients.length
}

export function senderOf({ address, keys }: Member): { address: string; identity: Uint8Array } {
  return { address, identity: keys.identity }
}

export const text = (words: string): Uint8Array => Buffer.from(words)

/** An error by which `t.throws` knows a refusal. */
export const refused = (reason: EncryptionFailure): { name: string; reason: string } => ({
  name: 'EncryptionError',
  reason,
})
