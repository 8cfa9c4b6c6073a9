import { randomBytes } from 'node:crypto'
import Olm from '@matrix-org/olm'

export type OlmLibrary = typeof Olm

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection']

/**
 * Loads libolm's WASM once. Its loader listens for what nobody caught, which would change how the process ends:
 * those listeners are taken away again.
 */
export async function loadOlm(): Promise<OlmLibrary> {
  const before = PROCESS_EVENTS.map((event) => process.rawListeners(event))
  const ready = Olm.init()
  for (const [at, event] of PROCESS_EVENTS.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (before[at]?.includes(listener) === false) {
        process.off(event, listener as () => void)
      }
    }
  }
  await ready
  return Olm
}

/** Makes what is put to rest unreadable outside of the process; the library wants some key. */
export const REST_KEY: string = randomBytes(32).toString('base64')

/** Unpadded base64, which is how libolm wants keys and messages. */
export function toText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const padding = text.indexOf('=')
  return padding === -1 ? text : text.slice(0, padding)
}

export function toBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
