/** Every change that was made to the text so that it runs, and what it leaves open, one line each. */
export const asWrittenChanges: readonly string[] = [
  'the text draws arrows from producers to Kafka and from Kafka to ClickHouse, and gives no code: an event is a message without a key, and the consumer inserts what a fetch brings (A-02, A-03)',
  'the topic has no name and no settings: `events`, four partitions (A-14)',
  'the DDL is for one node, the drawing has a cluster: one node (A-11)',
  'ClickHouse 26 gathers small inserts unless it is told not to: it is told not to (A-02)',
  'added: headers with batch and position, by which arch sees that an event is there; the code does not read them',
]
