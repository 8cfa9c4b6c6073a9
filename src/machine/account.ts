import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { usageError } from '../core/errors.ts'
import type { ServiceAccount } from '../core/store-module.ts'
import { errorCode } from './files.ts'

/** The environment as a command sees it. */
export type Environment = Readonly<Record<string, string | undefined>>

const NOBODY = 65_534

/**
 * The account that stores run as: undefined (our own) unless `arch` runs as root, whom PostgreSQL refuses; then
 * `ARCH_RUN_AS` (`uid:gid`), or nobody.
 */
export function serviceAccount(env: Environment): ServiceAccount | undefined {
  if (process.getuid?.() !== 0) return undefined
  const chosen = env['ARCH_RUN_AS']
  if (chosen === undefined || chosen === '') return { uid: NOBODY, gid: NOBODY }
  const match = /^([1-9]\d{0,9}):([1-9]\d{0,9})$/.exec(chosen)
  if (match === null) {
    throw usageError(
      `ARCH_RUN_AS is '${chosen}'`,
      'Set it to numbers of a user and a group, not root: ARCH_RUN_AS=1000:1000',
    )
  }
  return { uid: Number(match[1]), gid: Number(match[2]) }
}

async function mayEnter(folder: string, account: ServiceAccount): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder)
  if (uid === account.uid) return (mode & 0o100) !== 0
  if (gid === account.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}

/** Whether `account` may enter `folder` and every folder above it. Parts that do not exist yet are passed over. */
export async function canReach(folder: string, account: ServiceAccount | undefined): Promise<boolean> {
  if (account === undefined) return true
  const parent = dirname(folder)
  try {
    if (!(await mayEnter(folder, account))) return false
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  return parent === folder ? true : canReach(parent, account)
}
