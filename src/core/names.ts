/** `social`, `commerce` ...: the name of a case study, and of its folder in `workloads/` and `schemas/`. */
export type WorkloadName = string
/** `postgres`, `redis` ...: the name of a store, and of its folder in `stores/`. */
export type StoreName = string
/** `feed.read`, `order.place` ... */
export type OperationName = string
/** A labelled subset of an operation: `warm`, `cold` ... */
export type PartName = string
/** `feed.fanout` ... */
export type FlowName = string
/** `relay`, `gateway` ...: a process of ours with one job. */
export type RoleName = string
/** `ingest`, `history` ...: a part of a case that runs by itself. */
export type SuiteName = string
/** `top-pages` ...: a query of a suite, and its file. */
export type QueryName = string
/** A row of requirements.md, e.g. `SOC-06`. */
export type RequirementId = string
/** A row of defects.md, e.g. `S-20`. */
export type DefectId = string
/** `fixed` is the default; `as-written` is the text's own code over the text's own tables. */
export type VariantName = 'fixed' | 'as-written'
/** The shape of the traffic. */
export type ProfileName = string
