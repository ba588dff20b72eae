// What the controller works through. A source knows the things that have to be kept in sync and how to reconcile them;
// the dispatcher knows when, how many at once, and what to do about failures. Bundles are one source; objects of
// CustomResourceDefinitions are another.

/** One thing to keep in sync: its key is `<batch> <name>`, and all of a batch can be reconciled by one run. */
export interface ItemRef {
  /** What shares a run, e.g. `namespace/app` of a bundle. Runs of one batch follow each other. */
  readonly batch: string
  readonly name: string
}

/** Name of the item that stands for its batch as a whole: what is left to do about items that are gone. */
export const WHOLE = ''

/** Why an item is looked at, for what looking costs: a forced one is read although it is not due. */
export type Cause = 'changed' | 'forced'

/** When an item has to be looked at again. */
export type Verdict =
  /** Undefined: only when something changes. */
  | { readonly outcome: 'done'; readonly againInMs: number | undefined }
  | { readonly outcome: 'failed' }

/** What a source says to the dispatcher. */
export interface Sink {
  /** Look at this now; what is looked at already is looked at again. */
  readonly changed: (item: ItemRef, cause: Cause) => void
  /** It is no more. */
  readonly gone: (item: ItemRef) => void
}

/** Items of one kind of origin. */
export interface Source {
  /** Watches until the signal aborts. Rejects only for a bug. */
  readonly watch: (sink: Sink, signal: AbortSignal) => Promise<void>
  /** Whether everything that there is has been seen, so that an answer about it is no guess. */
  readonly isSynced: () => boolean
  /** When the API server was last heard by the watch that has been silent longest; monotonic. */
  readonly heardMs: () => number
  /** One run over some items of one batch. Rejects for a failure of them all. */
  readonly reconcile: (
    batch: string,
    items: ReadonlyMap<string, Cause>,
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, Verdict>>
  /** Writes down what was held back; called once, after the last run. */
  readonly close: () => Promise<void>
}
