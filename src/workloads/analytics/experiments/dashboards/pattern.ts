/** The one pattern of the experiment. */
export const PATTERN = 'half-hour'
