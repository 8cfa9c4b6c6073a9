import fc from 'fast-check'
import t from 'tap'
import { Refusal } from '../../src/core/errors.ts'
import type { Device } from '../../src/workloads/messaging/clients/device.ts'
import { decryptMedia, encryptMedia } from '../../src/workloads/messaging/clients/encryption/media.ts'
import { newMediaFetches } from '../../src/workloads/messaging/clients/media-fetches.ts'
import { eventually, roleHost } from '../helpers/context.ts'
import { refused } from '../helpers/encryption.ts'

t.test('a blob opens with the key and hash of its message alone, and no two blobs share a key', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4_000 }), (blob) => {
      const [one, other] = [encryptMedia(blob), encryptMedia(blob)]
      const apart = Buffer.compare(one.key, other.key) !== 0
      return apart && Buffer.compare(decryptMedia(one), blob) === 0
    }),
  )
  const [one, other] = [encryptMedia(Buffer.from('one')), encryptMedia(Buffer.from('other'))]
  t.throws(() => decryptMedia({ ...one, ciphertext: other.ciphertext }), refused('forged'), 'another blob')
  t.throws(() => decryptMedia({ ...one, key: other.key }), refused('forged'), 'another key')
  t.throws(() => decryptMedia({ ...one, hash: new Uint8Array() }), refused('forged'), 'no hash')
})

t.test('what a server stores of a blob does not hold it', async (t) => {
  const blob = Buffer.alloc(1_000, 'canary-7e1f-plaintext')
  t.equal(Buffer.from(encryptMedia(blob).ciphertext).indexOf('canary'), -1)
})

t.test('a device whose account is deleted while it fetches a blob lets go of it', async (t) => {
  const lines: string[] = []
  const host = roleHost({ witness: (operation) => lines.push(operation) })
  const fetches = newMediaFetches(host, () => true)
  const ask = (): Promise<never> => Promise.reject(new Refusal('unknown device'))
  fetches.begin({ address: '1:1', ask } as unknown as Device, { key: '', hash: '' })
  t.equal(fetches.underWay(), 1)
  await eventually(() => fetches.underWay() === 0)
  t.same(lines, [])
})
