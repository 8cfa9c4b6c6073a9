import type { ClickHouseClient } from '../../../../stores/clickhouse/client.ts'
import { BATCH } from '../../events/event.ts'
import type { EventSeeds } from '../../events/event.ts'

/*
 * The text's table says nothing of where an event came from, but its id does: the first word is `rootOf` of the event's
 * number, which is one-to-one, and the other three follow from the first. So the arithmetic of mix32 backwards gives the
 * number, and an id whose other words do not follow was never made.
 */
const NUMBERED = `WITH
    toUInt32(2654435769) AS step,
    (x -> toUInt32(bitXor(x, bitShiftRight(x, 16)) * 2246822507)) AS mix_a,
    (x -> toUInt32(bitXor(x, bitShiftRight(x, 13)) * 3266489909)) AS mix_b,
    (x -> bitXor(x, bitShiftRight(x, 16))) AS mix_c,
    ((root, trait) -> mix_c(mix_b(mix_a(bitXor(root, toUInt32(trait * step)))))) AS word,
    (x -> toUInt32(x * 2127672349)) AS unmix_b,
    (x -> toUInt32(bitXor(x, bitXor(bitShiftRight(x, 13), bitShiftRight(x, 26))) * 2781581891)) AS unmix_a,
    ((bytes, place) -> reinterpretAsUInt32(reverse(substring(bytes, 1 + 4 * place, 4)))) AS word_at,
    numbered AS (
        SELECT
            bitXor(mix_c(unmix_a(unmix_b(mix_c(root)))), {seed:UInt32}) AS event,
            word_at(bytes, 1) = word(root, 20) AND word_at(bytes, 2) = word(root, 21) AND word_at(bytes, 3) = word(root, 22) AS is_made
        FROM (SELECT UUIDToNum(event_id) AS bytes, word_at(bytes, 0) AS root FROM events)
    )
`

/** Which positions of a batch are there is a bit each, in two halves: numbers of JavaScript are exact up to 53 bits. */
const HALF = BATCH / 2

const BATCHES = `${NUMBERED}SELECT
    toFloat64(intDiv(event, {batch:UInt32})) AS batch,
    toFloat64(count()) AS stored,
    toFloat64(groupBitOr(if(event % {batch:UInt32} < {half:UInt32}, bitShiftLeft(toUInt64(1), event % {half:UInt32}), 0))) AS lower,
    toFloat64(groupBitOr(if(event % {batch:UInt32} < {half:UInt32}, 0, bitShiftLeft(toUInt64(1), event % {half:UInt32})))) AS upper
FROM numbered WHERE is_made AND event >= {seeded:UInt32} GROUP BY batch`

const OTHERS = `${NUMBERED}SELECT
    toFloat64(countIf(NOT is_made)) AS strange,
    toFloat64(countIf(is_made AND event < {seeded:UInt32})) AS stored,
    toFloat64(uniqExactIf(event, is_made AND event < {seeded:UInt32})) AS different
FROM numbered`

/** What is stored of a batch. */
export interface StoredBatch {
  readonly stored: number
  /** The different positions, in ascending order. */
  readonly positions: readonly number[]
}

/** What the text's table holds, by the numbers of its events. */
export interface NumberedEvents {
  /** Events that came after the population, by batch. */
  readonly batches: ReadonlyMap<number, StoredBatch>
  /** Events of the population. */
  readonly population: { readonly stored: number; readonly different: number }
  /** Events whose ids nothing of ours has made. */
  readonly strange: number
}

const EVERY: readonly number[] = Array.from({ length: BATCH }, (_, position) => position)
const FULL = 2 ** HALF - 1

function positionsOf(lower: number, upper: number): readonly number[] {
  if (lower === FULL && upper === FULL) return EVERY
  return EVERY.filter((position) => {
    const half = position < HALF ? lower : upper
    return Math.floor(half / 2 ** (position % HALF)) % 2 === 1
  })
}

/** @param seeded events of the population, whose numbers are the first. @throws OperationFailure */
export async function numberedEvents(
  clickhouse: ClickHouseClient,
  seeds: EventSeeds,
  seeded: number,
): Promise<NumberedEvents> {
  const ask = {
    parameters: { seed: seeds.event % 2 ** 32, seeded, batch: BATCH, half: HALF },
    settings: { max_execution_time: 300 },
  }
  const { rows } = await clickhouse.query<Record<'batch' | 'stored' | 'lower' | 'upper', number>>(
    BATCHES,
    ask,
  )
  const others = await clickhouse.query<Record<'strange' | 'stored' | 'different', number>>(OTHERS, ask)
  const { strange = 0, stored = 0, different = 0 } = others.rows[0] ?? {}
  return {
    batches: new Map(
      rows.map(({ batch, stored: events, lower, upper }) => [
        batch,
        { stored: events, positions: positionsOf(lower, upper) },
      ]),
    ),
    population: { stored, different },
    strange,
  }
}
