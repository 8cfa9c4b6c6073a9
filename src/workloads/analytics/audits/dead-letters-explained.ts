import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { breakageOf } from '../events/broken.ts'
import { BATCH } from '../events/event.ts'
import { TOPIC } from '../fixed/topics.ts'
import { analyticsStores } from '../stores.ts'
import { seedsOf } from '../world.ts'
import { sentBatches, tracesOf } from './sent-batches.ts'

const LETTERS =
  'SELECT toString(batch_id) AS batch, batch_position AS position, toUInt32(count()) AS letters, any(reason) AS reason FROM dead_letters GROUP BY batch_id, batch_position'

interface Letter {
  readonly batch: string
  readonly position: number
  readonly letters: number
  readonly reason: string
}

/**
 * Each broken event that was sent lies among the dead letters once, with a reason, in the table and in the topic; nothing
 * else does.
 */
export const deadLettersExplained: Audit = {
  name: 'dead-letters.explained',
  claims: ['ANA-11'],
  defects: ['A-14'],
  async run({ stores, journal, seed }) {
    const { clickhouse, kafka } = analyticsStores(stores, 'fixed')
    const seeds = seedsOf(seed)
    const { rows } = await clickhouse.query<Letter>(LETTERS)
    const inTable = new Map(rows.map((row) => [`${row.batch}:${row.position}`, row]))
    const inTopic = new Set<string>()
    for await (const message of kafka.readTopic(TOPIC.deadLetters)) {
      const position = message.key?.split('-').at(-1) ?? ''
      inTopic.add(`${message.headers['batch'] ?? ''}:${position}`)
    }
    const findings = newFindings()
    let broken = 0
    for (const [batch, outcome] of await sentBatches(journal)) {
      // A batch without broken events is checked too: it must have left none.
      findings.checked += 1
      for (const position of tracesOf(seeds, batch).broken) {
        const key = `${batch}:${position}`
        const letter = inTable.get(key)
        inTable.delete(key)
        if (letter === undefined && outcome === 'unknown') continue
        broken += 1
        const kind = breakageOf(seeds, batch * BATCH + position)
        if (letter === undefined) addViolation(findings, `event ${key} (${kind}) is no dead letter`)
        else if (letter.letters !== 1 || letter.reason === '')
          addViolation(
            findings,
            `event ${key} (${kind}): ${letter.letters} letters, reason '${letter.reason}'`,
          )
        else if (!inTopic.has(key)) addViolation(findings, `event ${key} (${kind}) is not in the topic`)
      }
    }
    for (const [key, { reason }] of inTable)
      addViolation(findings, `dead letter ${key} ('${reason}') is of no broken event`)
    return outcomeOf(findings, `${broken} broken events`)
  },
}
