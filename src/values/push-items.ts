import { compareBytes } from '../model/json.ts'
import { selects } from '../model/label-selector.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import { type PushItem, type PushSource, pushedName } from '../model/push.ts'
import type { PushData, PushDataTo, PushSecret } from '../model/push-secret.ts'
import type { StoreKind } from '../model/store.ts'
import type { ValueFailure } from './attempt.ts'
import { shortened } from './keys.ts'
import type { PatternEngine } from './pattern-engine.ts'
import { reverseKeys } from './reverse-keys.ts'
import { rewriteKeys } from './rewrite.ts'
import type { Transform } from './transform.ts'

// What a PushSecret pushes to one store: `dataTo` spread over the keys of the source, then `data`. A key that `data` names is
// not spread. Two entries for one place are an error: upstream takes the last, or any of them.

/** The store as far as `dataTo.storeRef` looks at it. */
export interface PushTarget {
  readonly kind: StoreKind
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
}

/** Engines for `match.regexp` and `rewrite`; undefined where none is used. */
export interface PushMeans {
  readonly parity: Parity
  readonly patterns: PatternEngine | undefined
  readonly transform: Transform | undefined
}

/** Entries in the order in which they are applied, and what is wrong with the others. */
export interface PushItems {
  readonly items: readonly PushItem[]
  readonly errors: readonly OutcomeError[]
}

/** Everything that goes to one store, from all sources. */
export function pushItems(
  pushSecret: PushSecret,
  { target, sources }: { readonly target: PushTarget; readonly sources: readonly PushSource[] },
  means: PushMeans,
): PushItems {
  const errors: OutcomeError[] = []
  const dataTo = pushSecret.dataTo.flatMap((entry, at) => {
    const field = `spec.dataTo[${at}]`
    return matchesTarget(entry, target, { pushSecret, errors, field }) ? [{ entry, field }] : []
  })
  const items = sources.flatMap((source) => {
    const all = [
      ...dataTo.map((at) => spreadOver(source, { ...at, explicit: pushSecret.data }, means)),
      ...pushSecret.data.map((entry, at) => explicitItem(source, entry, `spec.data[${at}]`)),
    ]
    for (const { failure } of all) if (failure !== undefined) errors.push(failure)
    return all.flatMap((spread) => spread.items)
  })
  const { unique, repeated } = byPlace(items)
  return { items: unique, errors: [...errors, ...repeated] }
}

/** Items of one entry, or why there are none. */
interface Spread {
  readonly items: readonly PushItem[]
  readonly failure: OutcomeError | undefined
}

/** An element of `data`. */
function explicitItem(source: PushSource, entry: PushData, field: string): Spread {
  const data = reverseKeys(entry.conversion, source.data)
  if (data.failure !== undefined) return unspread(field, data.failure)
  const item = { field, entry, source: { ...source, data: data.value }, bundled: [] }
  return { items: [item], failure: undefined }
}

function unspread(field: string, { code, field: inside, message }: ValueFailure): Spread {
  return { items: [], failure: { code, field: field + inside, message } }
}

/** A `storeRef` has to be among those of the spec: it narrows, it does not add. */
function matchesTarget(
  { storeRef }: PushDataTo,
  target: PushTarget,
  context: {
    readonly pushSecret: PushSecret
    readonly errors: OutcomeError[]
    readonly field: string
  },
): boolean {
  const complain = (message: string): false => {
    context.errors.push({ code: 'InvalidEntry', field: `${context.field}.storeRef`, message })
    return false
  }
  if (storeRef === undefined) return complain('storeRef is required')
  const { name, kind, labelSelector } = storeRef
  if (name === '') {
    if (labelSelector === undefined) return complain('storeRef needs a name or a labelSelector')
    return kind === target.kind && selects(labelSelector, target.labels)
  }
  const isNamed = context.pushSecret.storeRefs.some(
    (ref) => ref.kind === kind && (ref.name === name || ref.labelSelector !== undefined),
  )
  if (!isNamed) return complain(`storeRef ${JSON.stringify(name)} is not among secretStoreRefs`)
  return kind === target.kind && name === target.name
}

/** One `dataTo` over the keys of one source. */
interface Spreading {
  readonly entry: PushDataTo
  readonly field: string
  readonly explicit: readonly PushData[]
}

/** Keys are converted, matched, then renamed; no match is no error. */
function spreadOver(
  source: PushSource,
  { entry, field, explicit }: Spreading,
  means: PushMeans,
): Spread {
  const converted = reverseKeys(entry.conversion, source.data)
  if (converted.failure !== undefined) return unspread(field, converted.failure)
  const keys = matchingKeys([...converted.value.keys()], entry.regexp, means.patterns)
  if (!Array.isArray(keys)) return unspread(field, keys)
  const { metadata, conversion, remoteKey } = entry
  const whole = { ...source, data: converted.value }
  if (remoteKey !== undefined) {
    const data = { secretKey: '', remoteKey, property: undefined, metadata, conversion }
    const items = keys.length === 0 ? [] : [{ field, entry: data, source: whole, bundled: keys }]
    return { items, failure: undefined }
  }
  const items: PushItem[] = []
  for (const secretKey of keys) {
    if (explicit.some((data) => data.secretKey === secretKey)) continue
    const renamed = remoteKeyOf(secretKey, entry, means)
    if (typeof renamed !== 'string') return unspread(field, renamed)
    const data = { secretKey, remoteKey: renamed, property: undefined, metadata, conversion }
    items.push({ field, entry: data, source: whole, bundled: [] })
  }
  return { items, failure: undefined }
}

/** In byte order, so that the same Secret is pushed in the same order everywhere. */
function matchingKeys(
  keys: readonly string[],
  regexp: string | undefined,
  patterns: PatternEngine | undefined,
): string[] | ValueFailure {
  const sorted = [...keys].sort(compareBytes)
  if (regexp === undefined) return sorted
  if (patterns === undefined) {
    return { code: 'Unsupported', field: '.match.regexp', message: 'no pattern engine' }
  }
  const compiled = patterns.compile(regexp)
  if (compiled.failure !== undefined) return { ...compiled.failure, field: '.match.regexp' }
  const encoder = new TextEncoder()
  return sorted.filter((key) => compiled.value.matches(encoder.encode(key)))
}

/** One key at a time: two that end up as one are found later, with both names. */
function remoteKeyOf(
  key: string,
  { rewrite }: PushDataTo,
  means: PushMeans,
): string | ValueFailure {
  const renamed = rewriteKeys(rewrite, new Map([[key, new Uint8Array()]]), means)
  if (renamed.failure !== undefined) {
    return { ...renamed.failure, field: `.${renamed.failure.field}` }
  }
  const [name = ''] = renamed.value.keys()
  if (name !== '') return name
  const message = `the rewrite leaves nothing of key ${shortened(key)}`
  return { code: 'InvalidKey', field: '.rewrite', message }
}

/** A place is remote key and property; both entries that claim one are left out. */
function byPlace(items: readonly PushItem[]): {
  readonly unique: readonly PushItem[]
  readonly repeated: readonly OutcomeError[]
} {
  const claims = new Map<string, PushItem[]>()
  for (const item of items) {
    const place = JSON.stringify([item.entry.remoteKey, item.entry.property ?? null])
    claims.set(place, [...(claims.get(place) ?? []), item])
  }
  const repeated = [...claims.values()].flatMap(([first, second]) =>
    first === undefined || second === undefined ? [] : [collision(first, second)],
  )
  return {
    unique: [...claims.values()].flatMap((found) => (found.length === 1 ? found : [])),
    repeated,
  }
}

function collision(first: PushItem, second: PushItem): OutcomeError {
  const told = ({ source, entry, field }: PushItem): string =>
    `${source.subject}${entry.secretKey === '' ? '' : ` key ${shortened(entry.secretKey)}`} (${field})`
  const message = `${told(first)} and ${told(second)} would both be pushed to ${pushedName(first.entry)}`
  return { code: 'KeyCollision', field: second.field, message }
}
