import { z } from 'zod'
import { usageError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { StoreEndpoint } from '../core/store.ts'

/** What the URL of a store looks like. */
export interface UrlForm {
  readonly store: StoreName
  readonly variable: string
  readonly protocols: readonly string[]
  /** Protocols that mean TLS. */
  readonly tlsProtocols: readonly string[]
  readonly defaultPort: number
  readonly example: string
}

const Port = z.coerce.number().int().min(1).max(65_535)

function decoded(part: string): string | undefined {
  return part === '' ? undefined : decodeURIComponent(part)
}

/**
 * Reads the URL of a store that somebody else runs.
 * @throws ArchError (usage) that shows an example and never the value, which may hold a password
 */
export function parseStoreUrl(url: string, form: UrlForm): StoreEndpoint {
  const hint = `Set ${form.variable} like: ${form.example}`
  if (!URL.canParse(url)) throw usageError(`${form.variable} is not a URL`, hint)
  const parsed = new URL(url)
  if (![...form.protocols, ...form.tlsProtocols].includes(parsed.protocol)) {
    throw usageError(`${form.variable} starts with '${parsed.protocol}//'`, hint)
  }
  const port = Port.safeParse(parsed.port === '' ? form.defaultPort : parsed.port)
  if (parsed.hostname === '' || !port.success)
    throw usageError(`${form.variable} names no host and port`, hint)
  const user = decoded(parsed.username)
  const password = decoded(parsed.password)
  const database = decoded(parsed.pathname.slice(1))
  const tls = form.tlsProtocols.includes(parsed.protocol) || parsed.searchParams.get('sslmode') === 'require'
  return {
    store: form.store,
    provider: 'external',
    topology: 'single',
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port.data,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...(tls ? { tls } : {}),
  }
}
