import type { DefectExpectation } from '../../../core/workload.ts'

/** What the as-written variant is expected to show, and by which target, check or audit. */
export const asWrittenDefects: readonly DefectExpectation[] = [
  {
    defect: 'S-13',
    title: 'one counter row per post is hot',
    profiles: ['viral'],
    shownBy: ['like.add p99', 'like.add.hot p99'],
  },
  {
    defect: 'S-14',
    title: 'like counts drift from the likes',
    shownBy: ['likes.count-equals-rows'],
  },
  {
    defect: 'S-20',
    title: 'posts of celebrities are missing from cached feeds',
    shownBy: ['feed.no-gap', 'feeds.celebrity-merged'],
  },
  {
    defect: 'S-21',
    title: 'a pushed post in an empty feed is taken for the whole feed',
    shownBy: ['feed.full-page'],
  },
  {
    defect: 'S-23',
    title: 'the page is ignored where no feed is cached',
    shownBy: ['feed.cold-page-follows-previous-page'],
  },
  {
    defect: 'S-27',
    title: 'the fan-out runs inside the request',
    shownBy: ['post.answered-before-fan-out', 'post.create p95'],
  },
  {
    defect: 'S-28',
    title: 'feeds are in order of arrival, not of the posts',
    shownBy: ['feed.newest-first', 'feeds.bounded-sorted-unique'],
  },
  {
    defect: 'S-29',
    title: 'offset pages repeat or skip posts while others arrive',
    shownBy: ['feed.no-overlap-with-previous-page'],
  },
  {
    defect: 'S-32',
    title: 'process memory is never invalidated',
    shownBy: ['profile.read-your-update'],
  },
  {
    defect: 'S-41',
    title: 'private and deleted posts are shown',
    shownBy: ['post.read-matches', 'timeline.one-author'],
  },
]
