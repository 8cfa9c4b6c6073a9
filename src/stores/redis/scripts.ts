import { createHash } from 'node:crypto'
import type { RedisCommand, RedisScript } from './client.ts'

/** The scripts that one connection has been asked to call, and those that its server has been told. */
export interface Scripts {
  call(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): RedisCommand
  /** The text to load before `command`, once a connection; undefined where there is nothing to load. */
  toLoad(command: RedisCommand): string | undefined
  /** The same call by its text: what to send when the server has forgotten the digest. */
  byText(command: RedisCommand): RedisCommand | undefined
  /** After a reconnect the server may be another one. */
  forget(): void
}

/** An empty registry. */
export function newScripts(): Scripts {
  const digests = new WeakMap<RedisScript, string>()
  const texts = new Map<string, string>()
  const loaded = new Set<string>()

  function digestOf(script: RedisScript): string {
    let digest = digests.get(script)
    if (digest === undefined) {
      digest = createHash('sha1').update(script.lua).digest('hex')
      digests.set(script, digest)
      texts.set(digest, script.lua)
    }
    return digest
  }

  return {
    call: (script, keys, args) => ['evalsha', digestOf(script), keys.length, ...keys, ...args],
    toLoad(command) {
      if (command[0] !== 'evalsha') return undefined
      const digest = String(command[1])
      const text = texts.get(digest)
      if (text === undefined || loaded.has(digest)) return undefined
      loaded.add(digest)
      return text
    },
    byText(command) {
      const text = command[0] === 'evalsha' ? texts.get(String(command[1])) : undefined
      return text === undefined ? undefined : ['eval', text, ...command.slice(2)]
    },
    forget: () => loaded.clear(),
  }
}
