import type { ItemRef, Sink, Source, Verdict } from './source.ts'

// Several sources as one. Each has a word in front of its batches, so that none takes another's for its own.

const SEPARATOR = ':'

/** One source out of several, by the word that stands before their batches; none has a colon. */
export function createSources(byWord: Readonly<Record<string, Source>>): Source {
  const all = Object.entries(byWord)
  return {
    watch: async (sink, signal) => {
      await Promise.all(all.map(([word, source]) => source.watch(prefixed(sink, word), signal)))
    },
    isSynced: () => all.every(([, source]) => source.isSynced()),
    heardMs: () => Math.min(...all.map(([, source]) => source.heardMs())),
    reconcile: async (batch, items, signal) => {
      const { word, rest } = splitBatch(batch)
      const source = Object.hasOwn(byWord, word) ? byWord[word] : undefined
      if (source === undefined) return new Map<string, Verdict>()
      return source.reconcile(rest, items, signal)
    },
    close: async () => {
      for (const [, source] of all) await source.close()
    },
  }
}

function prefixed(sink: Sink, word: string): Sink {
  const named = ({ batch, name }: ItemRef): ItemRef => ({
    batch: `${word}${SEPARATOR}${batch}`,
    name,
  })
  return {
    changed: (item, cause) => sink.changed(named(item), cause),
    gone: (item) => sink.gone(named(item)),
  }
}

/** The source's word and the batch as the source knows it. */
export function splitBatch(batch: string): { readonly word: string; readonly rest: string } {
  const at = batch.indexOf(SEPARATOR)
  return { word: batch.slice(0, at), rest: batch.slice(at + 1) }
}
