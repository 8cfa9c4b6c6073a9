import { setTimeout } from 'node:timers/promises'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { RoleHost } from '../../../core/workload.ts'
import { decryptMedia } from './encryption/media.ts'
import type { Device } from './device.ts'
import type { MediaReference } from './plaintext.ts'

/** How long a device waits before it asks for a blob again. */
const AGAIN_MS = 500

/** What devices fetch that a message named: each receiving one opens it, and it must be what was sent (M-19). */
export interface MediaFetches {
  /** Fetches a blob, as often as it takes while the device is of the society. */
  begin(device: Device, media: MediaReference): void
  /** How many have not come yet. */
  underWay(): number
}

function isWhatWasSent(media: MediaReference, blob: string): boolean {
  try {
    decryptMedia({
      ciphertext: Buffer.from(blob, 'base64'),
      key: Buffer.from(media.key, 'base64'),
      hash: Buffer.from(media.hash, 'hex'),
    })
    return true
  } catch {
    return false
  }
}

/** Fetches of all devices. @param isHere whether a device is still of the society */
export function newMediaFetches(host: RoleHost, isHere: (device: Device) => boolean): MediaFetches {
  let count = 0

  async function fetch(device: Device, media: MediaReference): Promise<void> {
    while (isHere(device)) {
      try {
        const { blob } = await device.ask('download', { hash: media.hash })
        const operation = isWhatWasSent(media, blob) ? 'media.received' : 'media.unreadable'
        return host.witness(operation, { device: device.address, hash: media.hash })
      } catch (error) {
        // Its account is being deleted, or it may not have the blob, which its audit misses then.
        if (error instanceof Refusal) return
        if (!(error instanceof OperationFailure)) throw error
        await setTimeout(AGAIN_MS)
      }
    }
  }

  return {
    begin(device, media) {
      count += 1
      void fetch(device, media).finally(() => {
        count -= 1
      })
    },
    underWay: () => count,
  }
}
