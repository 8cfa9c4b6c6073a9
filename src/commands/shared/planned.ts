/** Cases that the reference architecture describes and that are not implemented yet; `arch list` names them so. */
const PLANNED: readonly { readonly name: string; readonly title: string }[] = [
  { name: 'commerce', title: 'E-commerce marketplace' },
  { name: 'analytics', title: 'Analytics platform' },
  { name: 'messaging', title: 'Messaging application' },
]

/** The planned cases that are not among `implemented`. */
export function plannedCases(
  implemented: readonly string[],
): readonly { readonly name: string; readonly title: string }[] {
  return PLANNED.filter((planned) => !implemented.includes(planned.name))
}
