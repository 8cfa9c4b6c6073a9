import { mkdir, readdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ArchError } from '../core/errors.ts'

/** The folder of one run. */
export interface ReportFolder {
  readonly path: string
  /**
   * Writes a file as a whole or not at all.
   * @throws ArchError (exit code 3) when the disk is full or the folder is gone
   */
  write(name: string, text: string): Promise<void>
  /** Makes `latest` name this run; called when its reports are written. */
  publish(): Promise<void>
  /** Removes the folder `within`, which a run could not begin in, unless it holds more than the file `name`. */
  discard(within: string, name: string): Promise<void>
  /** Removes the folder where nothing was written into it: a run that could not begin leaves nothing behind. */
  discardEmpty(): Promise<void>
}

function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure ? String(failure.code) : String(failure)
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file of that name is in the way',
  ENAMETOOLONG: 'the path is too long',
}

/** A failure to write into the folder of a run, with its reason and a remedy; anything else comes back as it is. */
export function explainWriteError(failure: unknown, path: string): unknown {
  return codeOf(failure) in REASONS ? cannotWrite(path, failure) : failure
}

function cannotWrite(path: string, failure: unknown): ArchError {
  const reason = REASONS[codeOf(failure)] ?? codeOf(failure)
  return new ArchError(
    `cannot write reports to ${path}: ${reason}`,
    'choose another folder with --out',
    3,
    failure,
  )
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, text)
    await rename(temporary, path)
  } catch (failure) {
    await rm(temporary, { force: true })
    throw cannotWrite(path, failure)
  }
}

/** `2026-01-15T10:20:30.123Z` becomes `20260115T102030Z`. */
function stamp(now: Date): string {
  return now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

/** A second run of the same second gets `-2`, and so on: mkdir decides, so that two processes never share a folder. */
async function makeUnique(out: string, name: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = join(out, attempt === 1 ? name : `${name}-${attempt}`)
    try {
      await mkdir(path)
      return path
    } catch (failure) {
      if (codeOf(failure) !== 'EEXIST' || attempt === 100) throw cannotWrite(path, failure)
    }
  }
}

/** Replaces `latest` in one step; a file that names the folder where there are no symbolic links. */
async function pointLatest(out: string, path: string): Promise<void> {
  const temporary = join(out, `.latest.${process.pid}.tmp`)
  await rm(temporary, { force: true })
  try {
    await symlink(basename(path), temporary)
  } catch {
    await writeFile(temporary, `${basename(path)}\n`)
  }
  try {
    await rename(temporary, join(out, 'latest'))
  } catch (failure) {
    await rm(temporary, { force: true })
    throw cannotWrite(join(out, 'latest'), failure)
  }
}

/**
 * Makes the folder `<workload>-<UTC time>/` of a run in `out`, and proves that it can be written to, before the run.
 * @throws ArchError (exit code 3) when it cannot: read-only, full, not a folder
 */
export async function openReportFolder(out: string, workload: string, now: Date): Promise<ReportFolder> {
  try {
    await mkdir(out, { recursive: true })
  } catch (failure) {
    throw cannotWrite(out, failure)
  }
  const path = await makeUnique(out, `${workload}-${stamp(now)}`)
  const probe = join(path, '.probe')
  try {
    // A full disk still makes folders and empty files: only bytes prove that there is room.
    await writeFile(probe, Buffer.alloc(65_536))
  } catch (failure) {
    await rm(path, { recursive: true, force: true })
    throw cannotWrite(path, failure)
  }
  await rm(probe)
  return {
    path,
    write: (name, text) => writeWhole(join(path, name), text),
    publish: () => pointLatest(out, path),
    async discard(within, name) {
      const folder = join(path, within)
      const held = await readdir(folder).catch(() => [])
      if (held.every((each) => each === name)) await rm(folder, { recursive: true, force: true })
    },
    // One that holds something may not be removed.
    discardEmpty: () => rmdir(path).catch(() => undefined),
  }
}
