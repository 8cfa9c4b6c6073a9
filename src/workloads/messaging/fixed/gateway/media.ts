import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where encrypted blobs are: they are found by the hash of what is stored, and mean nothing without their key (M-19). */
export interface MediaStore {
  /** @returns false where the hash is not that of the blob */
  put(hash: string, blob: Uint8Array): Promise<boolean>
  /** Undefined where there is none. */
  get(hash: string): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** A folder of this machine in the place of an object storage. Files are there whole or not at all. */
export async function openLocalMedia(): Promise<MediaStore> {
  const folder = await mkdtemp(join(tmpdir(), 'arch-media-'))
  let number = 0
  return {
    async put(hash, blob) {
      if (createHash('sha256').update(blob).digest('hex') !== hash) return false
      number += 1
      const unfinished = join(folder, `${number}.part`)
      await writeFile(unfinished, blob, { mode: 0o600 })
      await rename(unfinished, join(folder, hash))
      return true
    },
    async get(hash) {
      try {
        return await readFile(join(folder, hash))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
