import type { DefectExpectation } from '../../../core/workload.ts'

/** What the as-written variant is expected to show, and by which target, check or audit. */
export const asWrittenDefects: readonly DefectExpectation[] = [
  {
    defect: 'M-01',
    title: 'a conversation is one partition, which nothing ends',
    shownBy: ['partitions.bounded'],
  },
  {
    defect: 'M-02',
    title: 'a message that is sent again is another message',
    shownBy: ['message.same-again', 'messages.stored'],
  },
  {
    defect: 'M-03',
    title: 'two messages at once leave a conversation in the inbox twice',
    shownBy: ['inbox.once'],
  },
  {
    defect: 'M-04',
    title: 'a count that is read, changed and written drifts from what is unread',
    shownBy: ['unread.derived'],
  },
  {
    defect: 'M-05',
    title: 'a message to a group is a row for each of its members',
    shownBy: ['messages.one-row'],
  },
  {
    defect: 'M-07',
    title: 'the server’s table holds what people say',
    shownBy: ['plaintext.nowhere'],
  },
  {
    defect: 'M-17',
    title: 'who has to ask for messages gets them late',
    shownBy: ['message.delivered p99'],
  },
  {
    defect: 'M-25',
    title: 'what somebody writes never comes to their other device',
    shownBy: ['messages.received'],
  },
]
