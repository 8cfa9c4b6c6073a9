import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { exception } from './exceptions.ts'

interface Login {
  readonly user: string
  readonly password: string
}

function basicOf(header: string): Login {
  const decoded = Buffer.from(header.slice('Basic '.length), 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0
    ? { user: decoded, password: '' }
    : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** Where ClickHouse's clients put user and password: headers of its own, basic authentication, or the URL. */
function loginOf(headers: IncomingHttpHeaders, search: URLSearchParams): Login {
  const user = headers['x-clickhouse-user']
  const key = headers['x-clickhouse-key']
  if (typeof user === 'string' || typeof key === 'string')
    return { user: String(user ?? 'default'), password: String(key ?? '') }
  if (headers.authorization?.startsWith('Basic ') === true) return basicOf(headers.authorization)
  return { user: search.get('user') ?? 'default', password: search.get('password') ?? '' }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

/** @throws Exception 516 for anybody but the one user with the one password; it never repeats a password */
export function authenticate(
  headers: IncomingHttpHeaders,
  search: URLSearchParams,
  known: { readonly user: string; readonly password: string },
): void {
  const { user, password } = loginOf(headers, search)
  const right = [isSame(user, known.user), isSame(password, known.password)]
  if (right.every(Boolean)) return
  throw exception(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name`,
  )
}
