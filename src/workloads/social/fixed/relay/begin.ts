/**
 * Begins a transaction of short set-based statements. They touch hash-partitioned tables by values that are known only
 * at run time: to plan for each of 64 or 128 partitions again and again would cost more than the work. Nested loops,
 * since a batch is small beside the tables; never a sequential scan, since a kept plan would go on scanning a table that
 * has grown.
 */
export const BEGIN_SHORT_BATCH: string =
  'BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; ' +
  'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off'
