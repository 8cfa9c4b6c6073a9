import { availableParallelism } from 'node:os'
import type { Experiment, ExperimentColumn } from '../../../../core/experiment.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { warmUp } from '../warm-up.ts'
import { findingsOf } from './findings.ts'
import { offerRate } from './offer-rate.ts'
import { dropMessageTables, makeMessageTable } from './tables.ts'

/** Messages a second that are offered, by the row. */
const RATES: Readonly<Record<string, number>> = {
  '250/s': 250,
  '500/s': 500,
  '1,000/s': 1_000,
  '2,000/s': 2_000,
  '4,000/s': 4_000,
  '8,000/s': 8_000,
}
const SECONDS = 2.5
/** So many messages at least, of which ten lie beyond p99 (design.md, law 5). */
const FEWEST = 1_000

const COLUMNS: readonly ExperimentColumn[] = [
  column('offered', 'offered/s', 'rate', 1),
  column('achieved', 'achieved/s', 'rate', 0),
  column('p50', 'p50 ms', 'milliseconds', 2),
  column('p99', 'p99 ms', 'milliseconds', 0, true),
  column('p999', 'p99.9 ms', 'milliseconds', 2),
  column('missed', 'missed', 'count', 3),
  column('lagP99', 'lag p99', 'milliseconds', 5),
  column('busy', 'busy %', 'count', 3),
  column('textAchieved', 'text/s', 'rate', 0),
  column('textP50', 'text p50', 'milliseconds', 4),
  column('textP99', 'text p99', 'milliseconds', 0, true),
  column('textP999', 'text p99.9', 'milliseconds', 4),
  column('textMissed', 'text missed', 'count', 5),
  column('rate', 'rate', 'count', 6),
  column('cores', 'cores', 'count', 6),
]

/** 'Suited to time-series writes': p99 of a write against the rate at which messages come. */
export const messagesByRate: Experiment = {
  title: 'p99 of a write against the rate of messages (MSG-19)',
  compares:
    'writes of messages that come in an open loop, at rates that double, into the case’s own table (a partition for ten days of a conversation, an envelope of 320 bytes) and into the text’s (a partition a conversation, 320 characters; without its inbox)',
  stores: ['cassandra'],
  rows: Object.keys(RATES).map((name) => ({ name, description: '' })),
  patterns: [
    {
      name: 'writes',
      description:
        'one table after the other at each rate, in turns; latency from the intended start, over all that was offered. Missed: failed, or not begun within 5 s',
    },
  ],
  columns: COLUMNS,
  defaults: { rounds: 2, population: 0 },
  async open(stores, _population, host) {
    const server = stores['cassandra'] as CassandraClient
    const [own, text] = [
      await makeMessageTable(server, 'fixed'),
      await makeMessageTable(server, 'as-written'),
    ]
    for (const table of [own, text]) await warmUp((number) => table.write(number), host.signal)
    return {
      async measure({ row, round, seed, signal }) {
        const perSecond = RATES[row]
        if (perSecond === undefined) throw new RangeError(`no row ${row}`)
        const rate = {
          perSecond,
          seconds: Math.max(SECONDS, FEWEST / perSecond),
          seed: seed + round,
          signal,
        }
        const before = round % 2 === 0 ? await offerRate(own, host, rate) : undefined
        const { achieved, p50, p99, p999, missed } = await offerRate(text, host, rate)
        const all = { textAchieved: achieved, textP50: p50, textP99: p99, textP999: p999, textMissed: missed }
        const known = Object.entries(all).filter((each): each is [string, number] => each[1] !== undefined)
        return {
          ...Object.fromEntries(known),
          ...(before ?? (await offerRate(own, host, rate))),
          rate: perSecond,
          cores: availableParallelism(),
        }
      },
      close: () => dropMessageTables(server),
    }
  },
  findings: findingsOf,
}
