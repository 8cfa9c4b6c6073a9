import { assumed, derived, documented, perSecond } from '../../core/model.ts'
import type { Quantity, TrafficModel } from '../../core/model.ts'
import { BROKEN_ONE_IN } from './events/broken.ts'
import { BATCH, CLOCKS_PER_MILLION, PAGE_OCTAVES, QUERIES_PER_MILLION, USER_OCTAVES } from './events/event.ts'

/** Events of an average day. */
const events = documented(1e9, 'per day', 'ANA-01')
/** What ingestion is to reach. */
export const peakEvents: Quantity = documented(100e3, 'per second', 'ANA-07')

/** The dashboards: what happens by the minute, where, and on which pages. */
export const DASHBOARD_NAMES = ['traffic', 'places', 'pages'] as const
export type DashboardName = (typeof DASHBOARD_NAMES)[number]

/** An operation of the analytics case. */
export type AnalyticsOperation = 'events.send' | `dashboard.${DashboardName}`

const open = 'fifty people have the dashboards open, each of which asks anew every ten seconds'
const looked = assumed(5, 'per second', open)

/** The rate of every operation at scale 1. */
export const rates: Readonly<Record<AnalyticsOperation, Quantity>> = {
  'events.send': events,
  'dashboard.traffic': looked,
  'dashboard.places': looked,
  'dashboard.pages': looked,
}

/** Batches a second that become visible. */
export const batchRate: Quantity = derived(
  perSecond(events) / BATCH,
  'per second',
  `ANA-01 / ${BATCH} events a batch`,
)

/** One batch in so many is sent a second time. */
export const REPEATED_ONE_IN = 100

/** Every number of the analytics traffic, for the report (rates at scale 1). */
export const model: TrafficModel = {
  ...rates,
  'events.send peak': peakEvents,
  batch: assumed(BATCH, 'events a batch', 'SDKs gather events and send them together'),
  repeated: assumed(
    1 / REPEATED_ONE_IN,
    'of batches',
    'an SDK that saw no answer sends again, with the number that the batch had',
  ),
  broken: assumed(1 / BROKEN_ONE_IN, 'of events', 'SDKs with a mistake, of 82 kinds'),
  queries: assumed(
    QUERIES_PER_MILLION / 1e6,
    'of events',
    'whose address names a user and a click, as those of mails and advertisements do (A-17, A-19)',
  ),
  late: assumed(
    CLOCKS_PER_MILLION.late / 1e6,
    'of batches',
    'from devices that were offline, up to six hours late',
  ),
  'wrong clocks': assumed(
    (CLOCKS_PER_MILLION.in1970 + CLOCKS_PER_MILLION.in2106) / 1e6,
    'of batches',
    'from devices whose clock stands in 1970 or 2106 (A-10)',
  ),
  'skew.pages': assumed(1, 'Zipf exponent', `over 2^${PAGE_OCTAVES} pages, octave by octave`),
  'skew.users': assumed(1, 'Zipf exponent', `over 2^${USER_OCTAVES} users, octave by octave`),
}
