/** The strategies of the fixed variant, as chosen. */
export interface SocialChoice {
  readonly fanout: 'push' | 'pull' | 'hybrid'
  readonly counter: 'row' | 'slots' | 'delta'
}
