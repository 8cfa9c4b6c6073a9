import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { NAMES } from './names.ts'

/** Where encrypted blobs are: they are found by the hash of what is stored, and mean nothing without their key (M-19). */
export interface MediaStore {
  /** @returns false where the hash is not that of the blob */
  put(hash: string, blob: Uint8Array): Promise<boolean>
  /** Undefined where there is none. */
  get(hash: string): Promise<Uint8Array | undefined>
}

/**
 * A folder of this machine in the place of an object storage, the same for all gateways of a Redis. Files are there
 * whole or not at all.
 */
export async function openLocalMedia(redis: RedisClient): Promise<MediaStore> {
  const own = await mkdtemp(join(tmpdir(), 'arch-media-'))
  const [made, known] = await redis.wave([
    ['set', NAMES.media, own, 'NX'],
    ['get', NAMES.media],
  ])
  if (made === null) await rmdir(own)
  const folder = String(known)
  return {
    async put(hash, blob) {
      if (createHash('sha256').update(blob).digest('hex') !== hash) return false
      const unfinished = join(folder, `${randomUUID()}.part`)
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
  }
}

/** Removes what a run left, with its folder. */
export async function removeLocalMedia(redis: RedisClient): Promise<void> {
  const [folder] = await redis.wave([['get', NAMES.media]])
  if (typeof folder !== 'string') return
  await rm(folder, { recursive: true, force: true })
  await redis.wave([['del', NAMES.media]])
}
