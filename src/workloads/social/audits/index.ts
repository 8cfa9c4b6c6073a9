import type { Audit } from '../../../core/audit.ts'
import { cacheDatabase } from './cache-database.ts'
import { commentsCount, commentsCountAsWritten } from './comments-count.ts'
import { copiesCounts } from './copies-counts.ts'
import { copiesEqual } from './copies-equal.ts'
import { countersNotNegative } from './counters-not-negative.ts'
import { feedsCelebrityAsWritten, feedsPushAsWritten } from './feeds-as-written.ts'
import { feedsBoundedSortedUnique, feedsBoundedSortedUniqueAsWritten } from './feeds-bounded.ts'
import { feedsCelebrity } from './feeds-celebrity.ts'
import { feedsOracle } from './feeds-oracle.ts'
import { feedsOracleAsWritten } from './feeds-oracle-as-written.ts'
import { feedsPush } from './feeds-push.ts'
import { followsCounts, followsCountsAsWritten } from './follows-counts.ts'
import { followsMirrored } from './follows-mirrored.ts'
import { historyFollow } from './history-follow.ts'
import { journalAcknowledged, journalAcknowledgedAsWritten } from './journal-acknowledged.ts'
import { likesCount, likesCountAsWritten } from './likes-count.ts'
import { likesMirrored } from './likes-mirrored.ts'
import { outboxDrained } from './outbox-drained.ts'
import { partitionsDefaultEmpty } from './partitions-default.ts'
import { postsShard } from './posts-shard.ts'
import { refusalsRight } from './refusals-right.ts'
import { usernamesUnique, usernamesUniqueAsWritten } from './usernames-unique.ts'

/** The audits of the fixed variant; the outbox first, since nothing derived is right before it is drained. */
export const fixedAudits: readonly Audit[] = [
  outboxDrained,
  journalAcknowledged,
  historyFollow,
  likesCount,
  likesMirrored,
  commentsCount,
  countersNotNegative,
  copiesEqual,
  copiesCounts,
  followsCounts,
  followsMirrored,
  usernamesUnique,
  postsShard,
  partitionsDefaultEmpty,
  feedsOracle,
  feedsBoundedSortedUnique,
  feedsPush,
  feedsCelebrity,
  cacheDatabase,
  refusalsRight,
]

/** The audits that make sense on the text's own tables and feeds. */
export const asWrittenAudits: readonly Audit[] = [
  likesCountAsWritten,
  commentsCountAsWritten,
  followsCountsAsWritten,
  usernamesUniqueAsWritten,
  journalAcknowledgedAsWritten,
  feedsOracleAsWritten,
  feedsBoundedSortedUniqueAsWritten,
  feedsPushAsWritten,
  feedsCelebrityAsWritten,
]
