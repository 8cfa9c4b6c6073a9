import type { Encryption } from './encryption.ts'
import { newDevice } from './olm/device.ts'
import { loadOlm } from './olm/library.ts'

/** Loads the library; all devices of the process share its memory, of which it can have 2 GiB. */
export async function openEncryption(): Promise<Encryption> {
  const olm = await loadOlm()
  return { newDevice: () => newDevice(olm) }
}
