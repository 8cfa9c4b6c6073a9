/** Every change that was made to the text so that it runs, and what stands in where it has nothing, one line each. */
export const asWrittenChanges: readonly string[] = [
  'the text names no keyspace, replication or compaction: one of its own, one copy, the defaults (M-11)',
  'CREATE TABLE is CREATE TABLE IF NOT EXISTS, so that it can be run again',
  'no code in the text, the obvious one stands in: a server that takes requests over sockets, and devices that send them',
  'sending makes a TIMEUUID in the server, and inserts a row for each recipient, since a row has one (M-05)',
  'no table of members or devices: whoever writes tells the server to whom, and who is added to a group or removed from it is told or not told from then on (M-12)',
  'no table of accounts: who leaves loses the inbox, and their messages stay (M-12)',
  'the inbox of each member is read, its row deleted and inserted anew with one more unread, in one batch (M-03, M-04)',
  'reading a conversation sets its messages to read one by one, and unread_count to 0',
  'nothing in the text delivers: each device asks every second for its inbox, and for what is new where that has moved (M-17; assumed)',
  'what is asked for is what has the user as its recipient: what they wrote elsewhere is in the history only (M-25)',
  'is_encrypted is false: the text has no keys, and a flag encrypts nothing (M-07)',
  'a blob is uploaded as it is, and media_url leads to it (M-19)',
  'columns without a value are left out, where null would write a tombstone (M-15)',
  'a row of the inbox that lost its conversation, as an UPDATE after a DELETE leaves it, is skipped by readers (M-14)',
  'typing is seen by nobody, since nothing is pushed',
]
