import { z } from 'zod'
import { OperationFailure } from '../../core/errors.ts'
import type { ElasticsearchClient, IndexDefinition } from './client.ts'
import type { Names } from './names.ts'
import type { Sender } from './send.ts'

/**
 * How long the version of a deleted document is remembered. The server's own minute is shorter than a consumer may be
 * behind, and what it replays after that would bring the document back.
 */
const GC_DELETES = '1h'

const Mapping = z.record(z.string(), z.object({ mappings: z.looseObject({}) }))
const Settings = z.record(z.string(), z.object({ settings: z.record(z.string(), z.unknown()) }))
const Aliases = z.record(z.string(), z.object({ aliases: z.record(z.string(), z.unknown()) }))
const Resolved = z.object({ indices: z.array(z.object({ name: z.string() })) })

function settingsOf({ settings = {} }: IndexDefinition): object {
  const text = JSON.stringify(settings)
  return text.includes('gc_deletes') ? settings : { ...settings, 'index.gc_deletes': GC_DELETES }
}

function only<Value>(answer: Readonly<Record<string, Value>>, index: string): Value {
  const [value, ...others] = Object.values(answer)
  if (value !== undefined && others.length === 0) return value
  throw new OperationFailure('unexpected', `elasticsearch: '${index}' is ${others.length + 1} indices`)
}

type Indices = Pick<
  ElasticsearchClient,
  | 'refresh'
  | 'createIndex'
  | 'deleteIndex'
  | 'indexExists'
  | 'indices'
  | 'mappingOf'
  | 'settingsOf'
  | 'putAlias'
  | 'aliasOf'
>

/** What makes, names and describes indices. */
export function indicesOver({ send }: Sender, names: Names): Indices {
  return {
    async refresh(index) {
      await send({ method: 'POST', path: `/${names.full(index)}/_refresh` })
    },
    async createIndex(name, definition) {
      const body = { settings: settingsOf(definition), mappings: definition.mappings }
      await send({ method: 'PUT', path: `/${names.full(name)}`, body })
    },
    async deleteIndex(name) {
      await send({ method: 'DELETE', path: `/${names.full(name)}`, mayMiss: true })
    },
    async indexExists(name) {
      return (await send({ method: 'HEAD', path: `/${names.full(name)}`, mayMiss: true })).found
    },
    async indices() {
      const path = `/_resolve/index/${encodeURIComponent(`${names.prefix}*`)}`
      const { body } = await send({ method: 'GET', path })
      return Resolved.parse(body)
        .indices.map(({ name }) => names.short(name))
        .sort()
    },
    async mappingOf(index) {
      const { body } = await send({ method: 'GET', path: `/${names.full(index)}/_mapping` })
      return only(Mapping.parse(body), index).mappings
    },
    async settingsOf(index) {
      const path = `/${names.full(index)}/_settings`
      const { body } = await send({ method: 'GET', path, query: { flat_settings: true } })
      const { settings } = only(Settings.parse(body), index)
      return Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      )
    },
    async putAlias(alias, index) {
      const name = names.full(alias)
      const actions = [
        { remove: { index: `${names.prefix}*`, alias: name, must_exist: false } },
        { add: { index: names.full(index), alias: name } },
      ]
      await send({ method: 'POST', path: '/_aliases', body: { actions } })
    },
    async aliasOf(alias) {
      const path = `/_alias/${names.full(alias)}`
      const { body, found } = await send({ method: 'GET', path, mayMiss: true })
      if (!found) return undefined
      const [index, ...others] = Object.keys(Aliases.parse(body))
      if (others.length > 0)
        throw new OperationFailure('unexpected', `elasticsearch: the alias '${alias}' names several indices`)
      return index === undefined ? undefined : names.short(index)
    },
  }
}
