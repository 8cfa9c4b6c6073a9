import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Note, ServiceAccount } from '../../core/store-module.ts'
import { findJava, isJava } from '../../machine/java.ts'
import type { Java } from '../../machine/java.ts'
import { MAVEN_REMEDY, fetchJars, hasMaven, pomOf } from '../../machine/maven.ts'

/** What pom.xml pins. */
export const VERSION = '5.0.9'
/** Cassandra 5.0 runs on Java 11 and 17; it is tried on 17 here. */
const JAVA = { min: 17, max: 17 }
const JARS_TEXT = `Cassandra ${VERSION} (67 MB)`

/** A Cassandra that can be run. */
export interface Engine {
  readonly java: Java
  /** Its folder, without symbolic links: the class archive knows the jars by their paths. */
  readonly folder: string
  /** In the order of their names, for the same reason. */
  readonly jars: readonly string[]
}

function jarFolder(engines: string): string {
  return join(engines, `cassandra-${VERSION}`)
}

/** What would be run; changes nothing. */
export async function lookForCassandra(engines: string): Promise<Availability> {
  const java = await findJava(JAVA)
  if (!isJava(java)) return { available: false, ...java }
  const isFetched = await stat(jarFolder(engines)).then(
    () => true,
    () => false,
  )
  if (isFetched) return { available: true, reason: `Cassandra ${VERSION}, fetched, on Java ${java.version}` }
  if (await hasMaven())
    return { available: true, reason: `Cassandra ${VERSION} by Maven, on Java ${java.version}` }
  return {
    available: false,
    reason: `no mvn on PATH to fetch Cassandra ${VERSION} with`,
    remedy: MAVEN_REMEDY,
  }
}

/**
 * Cassandra's jars, fetched on first use, and a Java 17 that `account` can run.
 * @throws ArchError that names the remedies
 */
export async function usableCassandra(
  engines: string,
  account: ServiceAccount | undefined,
  note: Note,
): Promise<Engine> {
  const java = await findJava({ ...JAVA, account })
  if (!isJava(java))
    throw new ArchError(`Cassandra ${VERSION} cannot run: ${java.reason}`, `Do: ${java.remedy}.`)
  await fetchJars(pomOf('cassandra'), jarFolder(engines), JARS_TEXT, note)
  const folder = await realpath(jarFolder(engines))
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
  return { java, folder, jars: names.map((name) => join(folder, name)) }
}
