import { z } from 'zod'
import type { Address } from '../../core/store.ts'
import type { PinotValue } from './client.ts'

/** What a broker answers. */
export interface QueryAnswer {
  readonly resultTable?:
    | {
        readonly dataSchema: { readonly columnNames: readonly string[] }
        readonly rows: readonly (readonly PinotValue[])[]
      }
    | undefined
  readonly exceptions: readonly { readonly errorCode: number; readonly message: string }[]
  readonly numServersQueried: number
  readonly numServersResponded: number
  readonly numConsumingSegmentsQueried: number
  /** Whether there were more groups than a server keeps: the others are missing. */
  readonly numGroupsLimitReached: boolean
}

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

export const queryAnswer: z.ZodType<QueryAnswer> = z.object({
  resultTable: z
    .object({
      dataSchema: z.object({ columnNames: z.array(z.string()) }),
      rows: z.array(z.array(value)),
    })
    .optional(),
  exceptions: z.array(z.object({ errorCode: z.number(), message: z.string() })),
  numServersQueried: z.number(),
  numServersResponded: z.number(),
  numConsumingSegmentsQueried: z.number(),
  numGroupsLimitReached: z.boolean(),
})

/** The brokers that know a table: the controller's `/v2/brokers/tables/<name>`. */
export const brokerList: z.ZodType<readonly Address[]> = z.array(
  z.object({ host: z.string(), port: z.coerce.number() }),
)

type Settings = Readonly<Record<string, unknown>>

const settings: z.ZodType<Settings> = z.record(z.string(), z.unknown())

/** The schema of a table: `/schemas/<name>`. */
export const schemaAnswer: z.ZodType<Settings> = settings

/** A table's settings by its kind: `/tables/<name>`. */
export const tableAnswer: z.ZodType<{ readonly REALTIME?: Settings | undefined }> = z.object({
  REALTIME: settings.optional(),
})

/** The parts of a cluster: `/instances`. */
export const instanceList: z.ZodType<{ readonly instances: readonly string[] }> = z.object({
  instances: z.array(z.string()),
})

/** Where a part of a cluster is: `/instances/<name>`. */
export const instanceAnswer: z.ZodType<{ readonly hostName: string; readonly adminPort: number }> = z.object({
  hostName: z.string(),
  adminPort: z.number(),
})

/** The tables that a server holds rows of, by their names and kinds: its `/tables`. */
export const heldTables: z.ZodType<{ readonly tables: readonly string[] }> = z.object({
  tables: z.array(z.string()),
})

/** What is wrong, in the controller's words. */
export const refusal: z.ZodType<{ readonly error: string }> = z.object({ error: z.string() })

/** The version of each of its jars: `/version`. */
export const versionAnswer: z.ZodType<Readonly<Record<string, string>>> = z.record(z.string(), z.string())
