import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import { OperationFailure } from '../../../../core/errors.ts'
import { NAMES } from './names.ts'

/** Where encrypted blobs are: they are found by the hash of what is stored, and mean nothing without their key (M-19). */
export interface MediaStore {
  /** @returns false where the hash is not that of the blob @throws OperationFailure `unavailable` */
  put(hash: string, blob: Uint8Array): Promise<boolean>
  /** Undefined where there is none. @throws OperationFailure `unavailable` */
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

/** A disk that is full, or a folder that is gone, is a store that cannot be asked: the caller may try again. */
function unavailable(error: unknown): OperationFailure {
  const message = error instanceof Error ? error.message : String(error)
  return new OperationFailure('unavailable', `blobs: ${message}`, error)
}

async function readIn(folder: string, hash: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, hash))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unavailable(error)
  }
}

async function writeWhole(folder: string, hash: string, blob: Uint8Array): Promise<void> {
  const unfinished = join(folder, `${randomUUID()}.part`)
  try {
    await writeFile(unfinished, blob, { mode: 0o600 })
    await rename(unfinished, join(folder, hash))
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw unavailable(error)
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
      await writeWhole(folder, hash, blob)
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
