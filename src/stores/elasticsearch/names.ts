/** Every name that the server takes for one index or alias and not for a pattern of them. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/
const LONGEST = 255

/** The names of one prefix, as callers know them and as the server does. */
export interface Names {
  readonly prefix: string
  /** @throws Error for what is no name: a pattern would reach further than its caller meant */
  full(name: string): string
  short(full: string): string
}

/** @throws Error for a prefix that no name can begin with */
export function namesWith(prefix: string): Names {
  const check = (full: string): string => {
    if (NAME.test(full) && full.length <= LONGEST) return full
    throw new Error(`'${full}' is no name of an index: lower case letters, digits and . _ - only`)
  }
  if (prefix !== '') check(prefix)
  return {
    prefix,
    full: (name) => check(`${prefix}${name}`),
    short: (full) => full.slice(prefix.length),
  }
}
