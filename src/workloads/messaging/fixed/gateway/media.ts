import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
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

/** A folder of this machine in the place of an object storage. */
interface LocalMedia extends MediaStore {
  /** Redis has lost all: says again where blobs are. @throws OperationFailure */
  restore(): Promise<void>
}

async function knownFolders(redis: RedisClient): Promise<readonly string[]> {
  const [known] = await redis.wave([['smembers', NAMES.media]])
  return Array.isArray(known) ? known.map(String) : []
}

async function readIn(folder: string, hash: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, hash))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * A folder of this machine, the same for all gateways of a Redis. Those that start together, or while Redis has lost where
 * it is, may make one each: a blob is looked for in all of them. Files are there whole or not at all.
 */
export async function openLocalMedia(redis: RedisClient): Promise<LocalMedia> {
  const folders = new Set(await knownFolders(redis))
  const folder = [...folders][0] ?? (await mkdtemp(join(tmpdir(), 'arch-media-')))
  folders.add(folder)
  const restore = async (): Promise<void> => {
    await redis.wave([['sadd', NAMES.media, ...folders]])
  }
  await restore()
  return {
    restore,
    async put(hash, blob) {
      if (createHash('sha256').update(blob).digest('hex') !== hash) return false
      const unfinished = join(folder, `${randomUUID()}.part`)
      await writeFile(unfinished, blob, { mode: 0o600 })
      await rename(unfinished, join(folder, hash))
      return true
    },
    async get(hash) {
      for (const each of folders) {
        const blob = await readIn(each, hash)
        if (blob !== undefined) return blob
      }
      for (const each of await knownFolders(redis)) {
        if (folders.has(each)) continue
        folders.add(each)
        const blob = await readIn(each, hash)
        if (blob !== undefined) return blob
      }
      return undefined
    },
  }
}

/** Removes what a run left, with its folders. */
export async function removeLocalMedia(redis: RedisClient): Promise<void> {
  for (const folder of await knownFolders(redis)) await rm(folder, { recursive: true, force: true })
  await redis.wave([['del', NAMES.media]])
}
