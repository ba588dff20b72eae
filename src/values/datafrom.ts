import type { DataFromEntry } from '../model/external-secret.ts'
import { type Attempt, done, failed, type ValueFailure } from './attempt.ts'
import { decodeMap, keysWithNullByte } from './decode.ts'
import { convertKeys, shortened, validateKeys } from './keys.ts'
import { type ByteMap, type RewriteMeans, rewriteKeys } from './rewrite.ts'

/** The strategies of `extract` and of `find`, which share their names. */
interface Strategies {
  readonly conversionStrategy: string | undefined
  readonly decodingStrategy: string | undefined
  readonly nullBytePolicy: string | undefined
}

// What becomes of what was fetched, from left to right (R20–R22). Some providers convert the names of a find before (R23).
//
//  element       │ rewrite │ keys      │ then      │ values  │ then
//  ──────────────┼─────────┼───────────┼───────────┼─────────┼───────────
//  find, extract │ none    │ converted │ validated │ decoded │ null bytes
//  find, extract │ some    │ rewritten │ validated │ decoded │ null bytes
//  generator     │ none    │ as made   │ validated │ as made │
//  generator     │ some    │ rewritten │ validated │ as made │

/** From what a provider returned to what an entry of `dataFrom` contributes. */
export function processFetched(
  entry: DataFromEntry,
  fetched: ByteMap,
  means: RewriteMeans,
): Attempt<ByteMap> {
  const renamed = renameFetched(entry, fetched, means)
  const strategies: Strategies | undefined = entry.find ?? entry.extract
  if (renamed.failure !== undefined || strategies === undefined) return renamed
  return processValues(strategies, renamed.value)
}

/** The first half: keys as the target Secret may have them, values as they were fetched. */
export function renameFetched(
  { extract, find, rewrite }: DataFromEntry,
  fetched: ByteMap,
  means: RewriteMeans,
): Attempt<ByteMap> {
  const strategies: Strategies | undefined = find ?? extract
  const renamed =
    rewrite.length > 0 || strategies === undefined
      ? rewriteKeys(rewrite, fetched, means)
      : convertKeys(strategies.conversionStrategy, fetched)
  if (renamed.failure !== undefined) return located(renamed.failure, 'conversionStrategy')
  return validateKeys(renamed.value)
}

/** The second half: values decoded and checked, keys untouched. */
function processValues(strategies: Strategies, values: ByteMap): Attempt<ByteMap> {
  const decoded = decodeMap(strategies.decodingStrategy, values)
  if (decoded.failure !== undefined) {
    return failed(decoded.failure.code, decoded.failure.message, 'decodingStrategy')
  }
  if (strategies.nullBytePolicy === 'Fail') {
    const [first] = keysWithNullByte(decoded.value)
    if (first !== undefined) return nullByte(first)
  }
  return done(decoded.value)
}

/** A failure that names no field of its own comes from the strategy. */
function located({ code, message, field }: ValueFailure, strategy: string): Attempt<never> {
  return failed(code, message, field || strategy)
}

/** R27, in ESO's words. */
export function nullByte(key: string): Attempt<never> {
  const message =
    `fetched secret value for key ${JSON.stringify(shortened(key))} contains null bytes; use a text-safe ` +
    'format such as PEM/base64 or leave nullBytePolicy unset for intentional binary data'
  return failed('NullByte', message, 'nullBytePolicy')
}
