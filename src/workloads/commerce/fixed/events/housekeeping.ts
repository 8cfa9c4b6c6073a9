import type { Context } from '../../../../core/operation.ts'
import { purgeEvents, readPosition } from '../../../../patterns/outbox/position.ts'
import type { PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { sweepSagas } from '../checkout/saga-sweep.ts'
import { keepPools } from '../checkout/unit-rows.ts'
import { RELAY } from './outbox.ts'

/** Milliseconds between two rounds of housekeeping. */
const HOUSE_MS = 1_000
/** Orders of one sweep: a short transaction. */
const SWEPT = 100

/** Milliseconds between two looks for keys that are a day old. */
const KEYS_MS = 60_000
/** Keys of one purge. */
const PURGED = 5_000

const PURGE_KEYS: Statement = { name: 'commerce_purge_keys', text: 'SELECT purge_keys($1) AS purged' }
const SWEEP: Statement = { name: 'commerce_sweep', text: 'SELECT sweep_reservations($1) AS swept' }

/** What housekeeping remembers between two rounds. */
export interface House {
  /** When it is to look for old keys, on the clock of `performance.now()`. */
  keysAt: number
}

/** Before the first round, which does everything. */
export function newHouse(): House {
  return { keysAt: 0 }
}

/** Forgets keys of requests that are a day old (E-21). Answers whether there may be more. */
async function purgeKeys(postgres: PostgresQueries, house: House): Promise<boolean> {
  if (performance.now() < house.keysAt) return false
  const [row] = await postgres.query<{ purged: number }>(PURGE_KEYS, [PURGED])
  if (row?.purged === PURGED) return true
  house.keysAt = performance.now() + KEYS_MS
  return false
}

/**
 * One round: frees what expired reservations hold (E-13), ends what crashes left half-way (E-06), counts what was taken
 * from pools (E-43), deletes events that were sent and
 * keys that are a day old. Needs PostgreSQL alone. Answers how many milliseconds to wait before
 * the next: none while there was more than one round does, or a long peak would leave it ever further behind.
 */
export async function keepHouse(
  postgres: PostgresQueries,
  house: House,
  faultPoint: Context['faultPoint'] = () => undefined,
): Promise<number> {
  // As it is saved: events up to it are certainly in Kafka.
  await purgeEvents(postgres, await readPosition(postgres, RELAY))
  await keepPools(postgres)
  const ended = await sweepSagas(postgres, SWEPT, faultPoint)
  const [row] = await postgres.query<{ swept: number }>(SWEEP, [SWEPT])
  const areKeysLeft = await purgeKeys(postgres, house)
  return row?.swept === SWEPT || ended === SWEPT || areKeysLeft ? 0 : HOUSE_MS
}
