import type { ExperimentColumn } from '../../core/experiment.ts'

/** A column of a table of figures. @param dispensable the highest is left out first on a narrow terminal; 0 stays */
export function column(
  name: string,
  title: string,
  kind: ExperimentColumn['kind'],
  dispensable: number,
  spread = false,
): ExperimentColumn {
  return { name, title, kind, spread, dispensable }
}
