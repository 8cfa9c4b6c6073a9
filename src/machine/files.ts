import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ArchError } from '../core/errors.ts'

const ADVICE: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'Free some space, or set ARCH_HOME to a folder on another disk.'],
  EDQUOT: ['the disk quota is used up', 'Free some space, or set ARCH_HOME to a folder on another disk.'],
  EACCES: ['permission denied', 'Set ARCH_HOME to a folder that you may write, or correct its owner.'],
  EPERM: ['operation not permitted', 'Set ARCH_HOME to a folder that you may write, or correct its owner.'],
  EROFS: ['the file system is read-only', 'Set ARCH_HOME to a folder that can be written.'],
  ENOTDIR: ['a part of the path is no folder', 'Set ARCH_HOME to a folder.'],
}

/** The error code of a system call's failure, or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A file system's failure as an `ArchError` with a remedy; anything else comes back as it is. */
export function explainFileError(error: unknown, doing: string): unknown {
  const advice = ADVICE[errorCode(error) ?? '']
  return advice === undefined ? error : new ArchError(`cannot ${doing}: ${advice[0]}`, advice[1], 3, error)
}

/** Runs `work`, whose file errors get a message that names what was being done. */
export async function explained<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw explainFileError(error, doing)
  }
}

/** Makes a folder and its parents. @throws ArchError when it cannot be made */
export async function ensureFolder(folder: string, mode = 0o755): Promise<void> {
  await explained(`make the folder ${folder}`, () => mkdir(folder, { recursive: true, mode }))
}

/** Writes beside the file and renames: readers see the old text or the new one, never half of it. */
export async function writeFileAtomic(path: string, text: string, mode = 0o644): Promise<void> {
  await explained(`write ${path}`, async () => {
    await mkdir(dirname(path), { recursive: true })
    const temporary = `${path}.${randomBytes(6).toString('hex')}`
    try {
      await writeFile(temporary, text, { mode, flush: true })
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

/** Puts a finished folder in the place of an older one. Where another process was faster, its folder stays. */
export async function replaceFolder(finished: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true })
  try {
    await rename(finished, place)
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error
  }
}

/** The text of a file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw explainFileError(error, `read ${path}`)
  }
}

/** Bytes that an ordinary user may still write on the disk of `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** @throws ArchError when the disk of `folder` has fewer than `bytes` left */
export async function requireSpace(folder: string, bytes: number, purpose: string): Promise<void> {
  const free = await freeBytes(folder)
  if (free >= bytes) return
  const [need, left] = [bytes, free].map((size) => `${(size / 2 ** 30).toFixed(1)} GB`)
  throw new ArchError(
    `${purpose} needs ${need} of disk, and ${folder} has ${left} left`,
    'Free some space, or set ARCH_HOME to a folder on another disk.',
  )
}

/** The last `lines` lines of a text. */
export function lastLines(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
