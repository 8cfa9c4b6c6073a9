import type { Result } from '../core/result.ts'

/** Where and how a report will be read. */
export interface RenderOptions {
  /** Characters in a line; reports that are no terminal text ignore it. */
  readonly columns: number
  readonly colour: boolean
  /** The folder of the run, as a reader of the report would type it; undefined before it is saved. */
  readonly folder: string | undefined
}

/** A report format: one folder src/reporters/<format>/, which reads a saved result and never a live run. */
export interface Reporter {
  readonly format: string
  /** The file that the format has in a run's folder. */
  readonly file: string
  render(result: Result, options: RenderOptions): string
}
