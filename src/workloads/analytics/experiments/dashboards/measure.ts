import type { Readings } from '../../../../core/experiment.ts'
import { newFindings } from '../../../../patterns/audits/findings.ts'
import type { ClickHouseClient, QueryAnswer } from '../../../../stores/clickhouse/client.ts'
import { compareAnswers } from '../../history/audits.ts'
import { COLD, forgetCaches, HOT, plannedGranules } from '../../history/ask.ts'
import type { AnswerRow } from '../../history/oracle.ts'

const MINUTE_MS = 60_000

/** The same question of the rollups and of the events. */
export interface Question {
  readonly rollup: string
  readonly events: string
}

interface Asked {
  readonly coldMs: number
  /** The better of two. */
  readonly hotMs: number
  readonly answer: QueryAnswer<AnswerRow>
}

/** ClickBench's protocol (C-15): once cold, then twice hot. @throws OperationFailure */
async function coldThenHot(clickhouse: ClickHouseClient, text: string, signal: AbortSignal): Promise<Asked> {
  await forgetCaches(clickhouse)
  const cold = await clickhouse.query<AnswerRow>(text, { settings: COLD, signal })
  const first = await clickhouse.query<AnswerRow>(text, { settings: HOT, signal })
  const answer = await clickhouse.query<AnswerRow>(text, { settings: HOT, signal })
  return { coldMs: cold.elapsedMs, hotMs: Math.min(first.elapsedMs, answer.elapsedMs), answer }
}

/** Rows of the two answers that differ; both are of minutes before the one that goes on. @throws OperationFailure */
async function differing(
  clickhouse: ClickHouseClient,
  { rollup, events }: Question,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const minute = Math.floor(Date.now() / MINUTE_MS)
    const ofEvents = await clickhouse.query<AnswerRow>(events, { settings: HOT, signal })
    const ofRollup = await clickhouse.query<AnswerRow>(rollup, { settings: HOT, signal })
    // Asked in two minutes they are about other minutes.
    if (Math.floor(Date.now() / MINUTE_MS) !== minute) continue
    const findings = newFindings()
    compareAnswers(ofEvents.rows, ofRollup.rows, findings)
    return findings.violations
  }
}

/** Asks both, which is first changes with the round. @throws OperationFailure */
export async function measureDashboard(
  clickhouse: ClickHouseClient,
  question: Question,
  round: number,
  signal: AbortSignal,
): Promise<Readings> {
  const ask = (text: string): Promise<Asked> => coldThenHot(clickhouse, text, signal)
  const before = round % 2 === 0 ? await ask(question.rollup) : undefined
  const events = await ask(question.events)
  const rollup = before ?? (await ask(question.rollup))
  const granules = await plannedGranules(clickhouse, question.rollup, { settings: HOT, signal })
  const ofEvents = await plannedGranules(clickhouse, question.events, { settings: HOT, signal })
  return {
    rollupCold: rollup.coldMs,
    rollupHot: rollup.hotMs,
    rollupRows: rollup.answer.rowsRead,
    rollupBytes: rollup.answer.bytesRead / 1e6,
    ...(granules === undefined ? {} : { rollupGranules: granules.read }),
    eventsCold: events.coldMs,
    eventsHot: events.hotMs,
    eventsRows: events.answer.rowsRead,
    eventsBytes: events.answer.bytesRead / 1e6,
    ...(ofEvents === undefined ? {} : { eventsGranules: ofEvents.read }),
    ratio: events.hotMs / rollup.hotMs,
    answered: rollup.answer.rows.length,
    differ: await differing(clickhouse, question, signal),
  }
}
