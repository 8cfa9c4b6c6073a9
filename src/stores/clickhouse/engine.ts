import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Note } from '../../core/store-module.ts'
import { ensureFolder, requireSpace } from '../../machine/files.ts'
import { NPM_REMEDY, fetchPackage, hasNpm } from '../../machine/npm.ts'
import type { PinnedPackage } from '../../machine/npm.ts'
import { ENGINE_VERSION } from './settings.ts'

const NEEDED_BYTES = 2 ** 30

/** The packages of the platforms that there are any for. */
const PACKAGES: Readonly<Record<string, Omit<PinnedPackage, 'version'>>> = {
  'linux-x64': {
    name: '@chdb/lib-linux-x64-gnu',
    integrity:
      'sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==',
  },
  'linux-arm64': { name: '@chdb/lib-linux-arm64-gnu' },
  'darwin-x64': { name: '@chdb/lib-darwin-x64' },
  'darwin-arm64': { name: '@chdb/lib-darwin-arm64' },
}

/** The engine's package for this platform, or undefined where there is none (musl, Windows). */
function packageHere(): PinnedPackage | undefined {
  const found = PACKAGES[`${process.platform}-${process.arch}`]
  if (found === undefined) return undefined
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  if (process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined) return undefined
  return { ...found, version: ENGINE_VERSION }
}

function folderIn(engines: string): string {
  return join(engines, `clickhouse-${ENGINE_VERSION}`)
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** What would be run; changes nothing. */
export async function lookForEngine(engines: string): Promise<Availability> {
  if (packageHere() === undefined) {
    return {
      available: false,
      reason: `ClickHouse has no package for ${process.platform} on ${process.arch} (Linux needs glibc)`,
      remedy: 'use --provider docker',
    }
  }
  if (await isThere(folderIn(engines)))
    return { available: true, reason: `${ENGINE_VERSION} in process, fetched` }
  if (await hasNpm()) return { available: true, reason: `${ENGINE_VERSION} in process, from npm` }
  return {
    available: false,
    reason: 'ClickHouse comes by npm, and there is none on PATH',
    remedy: NPM_REMEDY,
  }
}

/** Where the engine's package is. */
export interface Engine {
  readonly folder: string
  readonly packageName: string
}

/** The engine, fetched on first use. @throws ArchError with a remedy */
export async function usableEngine(engines: string, note: Note): Promise<Engine> {
  const pinned = packageHere()
  if (pinned === undefined)
    throw new ArchError('ClickHouse cannot run natively on this platform', 'Use --provider docker.')
  const folder = folderIn(engines)
  if (!(await isThere(folder))) {
    await ensureFolder(engines)
    await requireSpace(engines, NEEDED_BYTES, 'ClickHouse')
  }
  await fetchPackage(pinned, folder, `ClickHouse ${ENGINE_VERSION} (550 MB)`, note)
  return { folder, packageName: pinned.name }
}
