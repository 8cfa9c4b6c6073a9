import type { QueryTarget, SuiteQuery } from '../../../core/suite.ts'
import type { ClickHouseValue } from '../../../stores/clickhouse/client.ts'
import { BATCH, PAGE_OCTAVES, sessionNumber, sessionOf, traitsOf } from '../events/event.ts'
import { schemaText, statementsOf } from '../schema.ts'
import { byText, funnelLevel, grouped, meanOf, percentileOf } from './oracle.ts'
import type { AnswerRow } from './oracle.ts'
import { DAY_MS, HOUR_MS } from './timeline.ts'
import type { StoredEvent, Timeline } from './timeline.ts'

/** A query of suite H: its text is schemas/analytics/queries/<name>.sql. */
export interface HistoryQuery extends SuiteQuery {
  /** Values of the parameters of the text. */
  parameters(timeline: Timeline): Readonly<Record<string, ClickHouseValue>>
  /** The answer, computed without the database from all events of a history. */
  oracle(events: readonly StoredEvent[], timeline: Timeline): readonly AnswerRow[]
}

/** Any query over 100M rows (ANA-05). */
const five: QueryTarget = { belowMs: 5_000, ofRows: 100e6, claims: ['ANA-05'] }
const WEEK_MS = 7 * DAY_MS
const COUNTRY = 'DE'
const FUNNEL = ['pageview', 'search', 'purchase']
/** Whole weeks that end with the history; the oldest holds its first two days, and what was late then. */
const FIRST_DAY_MS = (timeline: Timeline): number => timeline.endMs + 1 - 35 * DAY_MS
/** Ranks below are of users who come so often that they are no needles. */
const RARE_USER = 1_024
/** Ranks from here on are of the pages that are seldom looked at: half of all pages, with a fourteenth of the events. */
const RARE_PAGE: number = 2 ** (PAGE_OCTAVES - 1)

const since = (timeline: Timeline, beforeMs: number): { since: Date } => ({
  since: new Date(timeline.endMs - beforeMs),
})
const duration = ({ durationMs }: StoredEvent): number => durationMs
const weekOf = (event: StoredEvent, timeline: Timeline): number =>
  Math.floor((event.timeMs - FIRST_DAY_MS(timeline)) / WEEK_MS)

/** A session in the middle of the history, of a user who is no regular. */
function someSession(timeline: Timeline): { readonly userId: number; readonly sessionId: string } {
  const { seeds, batches } = timeline
  const middle = batches >> 1
  for (let batch = middle; batch < batches; batch += 1) {
    const session = sessionOf(seeds, sessionNumber(seeds, batch))
    if (session.userId >= RARE_USER) return session
  }
  return sessionOf(seeds, sessionNumber(seeds, middle))
}

/** A page that is seldom looked at, of an event in the middle of the history. */
function somePage({ seeds, batches }: Timeline): string {
  for (let event = (batches >> 1) * BATCH; ; event += 1) {
    const { pageUrl } = traitsOf(seeds, event)
    if (Number(pageUrl.slice(pageUrl.lastIndexOf('/') + 1)) >= RARE_PAGE) return pageUrl
  }
}

const eventRow = ({ eventId, eventType, pageUrl, durationMs }: StoredEvent): AnswerRow => ({
  event_id: eventId,
  event_type: eventType,
  page_url: pageUrl,
  duration_ms: durationMs,
})

/** Suite H (ANA-14): the text's query, what is asked ad hoc (ANA-03), and what analysts ask. */
export const historyQueries: readonly HistoryQuery[] = [
  {
    name: 'top-pages',
    question: "the text's own: most viewed pages of the last day by country",
    claims: ['ANA-23', 'ANA-24'],
    targets: [{ belowMs: 1_000, ofRows: 100e6, claims: ['ANA-05', 'ANA-23'] }],
    parameters: (timeline) => since(timeline, DAY_MS),
    oracle(events, timeline) {
      const views = events.filter(
        ({ eventType, timeMs }) => eventType === 'pageview' && timeMs >= timeline.endMs - DAY_MS,
      )
      return [...grouped(views, ({ country, pageUrl }) => `${country} ${pageUrl}`).values()]
        .map((group) => ({
          country: group[0]?.country ?? '',
          page_url: group[0]?.pageUrl ?? '',
          views: group.length,
          avg_duration: meanOf(group, duration),
        }))
        .toSorted(
          (one, other) =>
            other.views - one.views ||
            byText(one.country, other.country) ||
            byText(one.page_url, other.page_url),
        )
        .slice(0, 100)
        .map(({ views: count, country, page_url, avg_duration }) => ({
          country,
          page_url,
          page_views: String(count),
          avg_duration,
        }))
    },
  },
  {
    name: 'by-user',
    question: 'what one user did last',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => ({ user: someSession(timeline).userId }),
    oracle(events, timeline) {
      const { userId } = someSession(timeline)
      return events
        .filter((event) => event.userId === userId)
        .toSorted((one, other) => other.timeMs - one.timeMs || byText(one.eventId, other.eventId))
        .slice(0, 100)
        .map(eventRow)
    },
  },
  {
    name: 'by-session',
    question: 'the way of one session',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => ({ session: someSession(timeline).sessionId }),
    oracle(events, timeline) {
      const { sessionId } = someSession(timeline)
      return events
        .filter((event) => event.sessionId === sessionId)
        .toSorted((one, other) => one.timeMs - other.timeMs || byText(one.eventId, other.eventId))
        .map(eventRow)
    },
  },
  {
    name: 'by-page',
    question: 'what happened last on a page that few visit',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => ({ page: somePage(timeline) }),
    oracle(events, timeline) {
      const page = somePage(timeline)
      return events
        .filter(({ pageUrl }) => pageUrl === page)
        .toSorted((one, other) => other.timeMs - one.timeMs || byText(one.eventId, other.eventId))
        .slice(0, 100)
        .map(eventRow)
    },
  },
  {
    name: 'by-referrer',
    question: 'what visitors of the last week brought, by where they came from',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => since(timeline, WEEK_MS),
    oracle: (events, timeline) =>
      [
        ...grouped(
          events.filter(({ timeMs }) => timeMs >= timeline.endMs - WEEK_MS),
          ({ referrer }) => referrer,
        ),
      ]
        .filter(([referrer]) => referrer !== '')
        .toSorted(([one, ofOne], [other, ofOther]) => ofOther.length - ofOne.length || byText(one, other))
        .map(([referrer, group]) => ({
          referrer,
          events: String(group.length),
          purchases: String(group.filter(({ eventType }) => eventType === 'purchase').length),
          avg_duration: meanOf(group, duration),
        })),
  },
  {
    name: 'by-time',
    question: 'the last hour, whatever the type and country',
    claims: ['ANA-03', 'ANA-21'],
    targets: [five],
    parameters: (timeline) => since(timeline, HOUR_MS),
    oracle: (events, timeline) =>
      [
        ...grouped(
          events.filter(({ timeMs }) => timeMs >= timeline.endMs - HOUR_MS),
          ({ eventType }) => eventType,
        ),
      ]
        .toSorted(([one], [other]) => byText(one, other))
        .map(([type, group]) => ({
          event_type: type,
          events: String(group.length),
          avg_duration: meanOf(group, duration),
        })),
  },
  {
    name: 'funnel',
    question: 'how far sessions of one country came last week: page, search, purchase',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => ({ country: COUNTRY, ...since(timeline, WEEK_MS) }),
    oracle(events, timeline) {
      const recent = events.filter(
        ({ eventType, country, timeMs }) =>
          FUNNEL.includes(eventType) && country === COUNTRY && timeMs >= timeline.endMs - WEEK_MS,
      )
      const levels = new Map<number, number>()
      for (const way of grouped(recent, ({ sessionId, pageUrl }) => `${sessionId} ${pageUrl}`).values()) {
        const level = funnelLevel(way, FUNNEL, HOUR_MS)
        levels.set(level, (levels.get(level) ?? 0) + 1)
      }
      return [...levels]
        .toSorted(([one], [other]) => one - other)
        .map(([level, ways]) => ({ level, ways: String(ways) }))
    },
  },
  {
    name: 'retention',
    question: 'users who come again, by the week in which they first came',
    claims: ['ANA-03'],
    targets: [five],
    parameters: (timeline) => ({
      first_day: new Date(FIRST_DAY_MS(timeline)).toISOString().slice(0, 10),
    }),
    oracle(events, timeline) {
      const users = new Map<string, number>()
      for (const visits of grouped(events, ({ userId }) => String(userId)).values()) {
        const weeks = [...new Set(visits.map((event) => weekOf(event, timeline)))]
        for (const week of weeks) {
          const key = `${Math.min(...weeks)} ${week}`
          users.set(key, (users.get(key) ?? 0) + 1)
        }
      }
      return [...users]
        .toSorted(([one], [other]) => byText(one, other))
        .map(([key, count]) => {
          const [first = 0, week = 0] = key.split(' ').map(Number)
          return { first_week: first, week, users: String(count) }
        })
    },
  },
  {
    name: 'unique-users',
    question: 'different users of each country, exactly',
    claims: ['ANA-03'],
    targets: [five],
    parameters: () => ({}),
    oracle: (events) =>
      [...grouped(events, ({ country }) => country)]
        .map(([country, group]) => ({ country, users: new Set(group.map(({ userId }) => userId)).size }))
        .toSorted((one, other) => other.users - one.users || byText(one.country, other.country))
        .map(({ country, users }) => ({ country, users: String(users) })),
  },
  {
    name: 'percentiles',
    question: 'percentiles of durations by device, exactly',
    claims: ['ANA-03'],
    targets: [five],
    parameters: () => ({}),
    oracle: (events) =>
      [...grouped(events, ({ deviceType }) => deviceType)]
        .toSorted(([one], [other]) => byText(one, other))
        .map(([device, group]) => {
          const sorted = group.map(duration).toSorted((one, other) => one - other)
          const durations = [0.5, 0.9, 0.99].map((share) => percentileOf(sorted, share))
          return { device_type: device, events: String(group.length), durations }
        }),
  },
  {
    name: 'whole-table',
    question: 'all rows by type',
    claims: ['ANA-06'],
    targets: [five, { belowMs: 30_000, ofRows: 1e9, claims: ['ANA-06'], extrapolateFrom: 100e6 }],
    parameters: () => ({}),
    oracle: (events) =>
      [...grouped(events, ({ eventType }) => eventType)]
        .toSorted(([one], [other]) => byText(one, other))
        .map(([type, group]) => ({
          event_type: type,
          events: String(group.length),
          avg_duration: meanOf(group, duration),
        })),
  },
]

/** The text of a query. */
export async function queryText(name: string): Promise<string> {
  const [text = ''] = statementsOf(await schemaText(`schemas/analytics/queries/${name}.sql`))
  return text
}
