import { readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ServiceAccount } from '../core/store-module.ts'
import { canReach } from './account.ts'
import { readIfThere } from './files.ts'
import { isExecutable, programsOnPath } from './programs.ts'
import { run } from './run.ts'

/** Where systems put their JDKs, one folder each; on macOS the home is further down. */
const SHELVES = [
  ['/usr/lib/jvm', ''],
  ['/Library/Java/JavaVirtualMachines', 'Contents/Home'],
] as const

/** Which Java an engine runs on, both ends included. */
export interface JavaRange {
  readonly min: number
  readonly max?: number
  /** Who is to run it: one in a folder that is closed to this account does not count. */
  readonly account?: ServiceAccount | undefined
}

/** A Java installation. */
export interface Java {
  /** Its `JAVA_HOME`. */
  readonly home: string
  /** The launcher, `bin/java` in `home`. */
  readonly file: string
  /** E.g. `17.0.15`. */
  readonly version: string
  /** E.g. 17. */
  readonly major: number
}

/** Why there is none, and what would help. */
export interface NoJava {
  readonly reason: string
  readonly remedy: string
}

function majorOf(version: string): number {
  // Up to Java 8 the major version was the second number: 1.8.0_402.
  const [first = 0, second = 0] = version.split(/[._+-]/).map(Number)
  return first === 1 ? second : first
}

async function versionOf(home: string): Promise<string | undefined> {
  const release = await readIfThere(join(home, 'release')).catch(() => undefined)
  const recorded = /^JAVA_VERSION="([^"]+)"/m.exec(release ?? '')?.[1]
  if (recorded !== undefined) return recorded
  const { code, stderr } = await run(join(home, 'bin', 'java'), ['-version'])
  return code === 0 ? /version "([^"]+)"/.exec(stderr)?.[1] : undefined
}

async function javaAt(home: string): Promise<Java | undefined> {
  const file = join(home, 'bin', 'java')
  if (!(await isExecutable(file))) return undefined
  const version = await versionOf(home)
  return version === undefined ? undefined : { home, file, version, major: majorOf(version) }
}

/** What the user chose: JAVA_HOME, then PATH. */
async function chosenHomes(): Promise<string[]> {
  const named = process.env['JAVA_HOME']
  const onPath = await programsOnPath('java')
  const files = await Promise.all(onPath.map((file) => realpath(file)))
  return [
    ...(named === undefined || named === '' ? [] : [named]),
    ...files.map((file) => dirname(dirname(file))),
  ]
}

/** What the system has, newest first. */
async function shelvedJavas(): Promise<Java[]> {
  const homes = await Promise.all(
    SHELVES.map(async ([shelf, below]) => {
      const names = await readdir(shelf).catch(() => [])
      return names.map((name) => join(shelf, name, below))
    }),
  )
  const javas = await Promise.all(homes.flat().map(javaAt))
  return javas.filter((java) => java !== undefined).sort((one, other) => other.major - one.major)
}

/**
 * A Java of the range: the user's own choice (JAVA_HOME, else the first on PATH that fits), else the newest that the
 * system has installed.
 */
export async function findJava(range: JavaRange): Promise<Java | NoJava> {
  const chosen = await Promise.all((await chosenHomes()).map(javaAt))
  const seen = new Set<string>()
  for (const java of [...chosen, ...(await shelvedJavas())]) {
    if (java === undefined) continue
    seen.add(java.version)
    const fits = java.major >= range.min && (range.max === undefined || java.major <= range.max)
    if (fits && (await canReach(await realpath(java.home), range.account))) return java
  }
  const wanted =
    range.max === undefined
      ? `Java ${range.min} or newer`
      : range.max === range.min
        ? `Java ${range.min}`
        : `Java ${range.min} to ${range.max}`
  const found = seen.size === 0 ? 'no Java' : `Java ${[...seen].join(', ')}`
  return {
    reason: `${found} found in JAVA_HOME, PATH or /usr/lib/jvm, and it needs ${wanted}`,
    remedy: `install ${wanted}, or set JAVA_HOME to one`,
  }
}

/** What `look` of an engine says where `findJava` found none. */
export function isJava(found: Java | NoJava): found is Java {
  return 'home' in found
}

/** The text of an argument file of Java's launcher: an argument a line, in quotes, which keep spaces together. */
export function argumentFile(args: readonly string[]): string {
  return args.map((each) => `"${each.replaceAll(/["\\]/g, String.raw`\$&`)}"\n`).join('')
}

/** Java's option for the quick compiler alone, whose code is slower, and is there sooner for less. Each store says why. */
export const QUICK_COMPILER = '-XX:TieredStopAtLevel=1'
