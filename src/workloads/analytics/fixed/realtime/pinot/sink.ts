import { newRecent } from '../../ingest/recent-batches.ts'
import type { EventSink } from '../../ingest/event-sink.ts'
import { messageOf, singleEvents } from './single-events.ts'
import { HOT_EVENTS } from './table.ts'
import { untilVisible } from './visible.ts'

/**
 * A sink in Pinot, which reads Kafka itself and takes a record for a row: the events of a block go as single ones into a
 * topic of its own, and are stored when Pinot finds them. What comes again there, after a kill between this and the commit
 * or in a batch that was sent again long ago, Pinot drops by its id.
 */
export const pinotSink: Pick<EventSink, 'recent' | 'store'> = {
  // What earlier consumers have seen is known to Pinot.
  recent: () => Promise.resolve(newRecent(new Map())),
  async store({ kafka, pinot }, { framed }, signal) {
    if (pinot === undefined) throw new Error('hot=pinot without a Pinot')
    const events = framed.flatMap((record) => singleEvents(record))
    if (events.length === 0) return []
    await kafka.produce(HOT_EVENTS.topic, events.map(messageOf))
    await untilVisible(pinot, events, signal)
    return []
  },
}
