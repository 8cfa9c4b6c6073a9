import type { DefectExpectation } from '../../../core/workload.ts'

/** What the as-written variant is expected to show, and by which target, check or audit. */
export const asWrittenDefects: readonly DefectExpectation[] = [
  {
    defect: 'A-01',
    title: 'a batch that an SDK sends again is counted again',
    shownBy: ['events.stored'],
  },
  {
    defect: 'A-02',
    title: 'an insert for each handful of events makes a part for each',
    shownBy: ['inserts.few'],
  },
  {
    defect: 'A-10',
    title: 'a device whose clock stands in 1970 or 2106 opens a partition there',
    shownBy: ['partitions.range'],
  },
  {
    defect: 'A-17',
    title: 'addresses are grouped as they are sent, of which there is no end',
    shownBy: ['addresses.bare'],
  },
  {
    defect: 'A-19',
    title: 'what addresses say of people is kept',
    shownBy: ['addresses.bare'],
  },
]
