import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Note, ServiceAccount } from '../../core/store-module.ts'
import { findJava, isJava } from '../../machine/java.ts'
import type { Java } from '../../machine/java.ts'
import { MAVEN_REMEDY, fetchJars, hasMaven, pomOf } from '../../machine/maven.ts'
import { isExecutable } from '../../machine/programs.ts'

/** What pom.xml pins: the newest whose jars Maven resolves without Pinot's own build. */
export const VERSION = '0.11.0'
/** Pinot 0.11 was made for Java 11; it is tried on 17 here. */
const JAVA = { min: 17, max: 17 }
const JARS_TEXT = `Pinot ${VERSION} (133 MB)`
const COMPILER_REMEDY = 'install a JDK 17 (its JRE has no compiler), or set JAVA_HOME to one'

/** A Pinot that can be run. */
export interface Engine {
  readonly java: Java
  /** In the order of their names. */
  readonly jars: readonly string[]
}

function jarFolder(engines: string): string {
  return join(engines, `pinot-${VERSION}`)
}

/** Its one class of ours is compiled when it is started. */
async function canCompile({ home }: Java): Promise<boolean> {
  return isExecutable(join(home, 'bin', 'javac'))
}

/** What would be run; changes nothing. */
export async function lookForPinot(engines: string): Promise<Availability> {
  const java = await findJava(JAVA)
  if (!isJava(java)) return { available: false, ...java }
  if (!(await canCompile(java)))
    return {
      available: false,
      reason: `Java ${java.version} in ${java.home} has no compiler`,
      remedy: COMPILER_REMEDY,
    }
  const isFetched = await stat(jarFolder(engines)).then(
    () => true,
    () => false,
  )
  if (isFetched) return { available: true, reason: `Pinot ${VERSION}, fetched, on Java ${java.version}` }
  if (await hasMaven())
    return { available: true, reason: `Pinot ${VERSION} by Maven, on Java ${java.version}` }
  return {
    available: false,
    reason: `no mvn on PATH to fetch Pinot ${VERSION} with`,
    remedy: MAVEN_REMEDY,
  }
}

/**
 * Pinot's jars, fetched on first use, and a JDK 17 that `account` can run.
 * @throws ArchError that names the remedies
 */
export async function usablePinot(
  engines: string,
  account: ServiceAccount | undefined,
  note: Note,
): Promise<Engine> {
  const java = await findJava({ ...JAVA, account })
  if (!isJava(java)) throw new ArchError(`Pinot ${VERSION} cannot run: ${java.reason}`, `Do: ${java.remedy}.`)
  if (!(await canCompile(java)))
    throw new ArchError(
      `Pinot ${VERSION} cannot run: ${java.home} has no compiler`,
      `Do: ${COMPILER_REMEDY}.`,
    )
  await fetchJars(pomOf('pinot'), jarFolder(engines), JARS_TEXT, note)
  const folder = await realpath(jarFolder(engines))
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
  return { java, jars: names.map((name) => join(folder, name)) }
}
