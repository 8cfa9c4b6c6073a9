/** Traits are drawn from tables whose entries are equally likely; what is more frequent stands in them more often. */

function repeated(weights: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(weights).flatMap(([name, count]) => Array.from({ length: count }, () => name))
}

/** Ten of sixteen events are page views (ANA-23 asks for them). */
export const EVENT_TYPES: readonly string[] = repeated({
  pageview: 10,
  click: 3,
  scroll: 1,
  search: 1,
  purchase: 1,
})

/** The three devices of ANA-18. */
export const DEVICES: readonly string[] = repeated({ mobile: 9, desktop: 6, tablet: 1 })

export const BROWSERS: readonly string[] = repeated({ Chrome: 9, Safari: 4, Edge: 1, Firefox: 1, Opera: 1 })

export const COUNTRIES: readonly string[] = repeated({
  US: 16,
  IN: 10,
  BR: 6,
  DE: 5,
  GB: 5,
  FR: 4,
  JP: 4,
  ID: 3,
  MX: 2,
  ES: 2,
  IT: 2,
  CA: 2,
  KR: 1,
  AU: 1,
  NL: 1,
})

/** Where visitors come from; '' for those who come by themselves. */
export const REFERRERS: readonly string[] = repeated({
  '': 8,
  'https://search.example/': 5,
  'https://social.example/feed': 2,
  'https://news.example/today': 1,
})
