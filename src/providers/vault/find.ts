import { dig, isArray, type JsonValue, text } from '../../model/json.ts'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { inLanes } from '../lanes.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { ProviderError } from '../provider.ts'
import { texts } from '../references.ts'
import { ask, isAbsent, type OpenVaultStore } from './ask.ts'
import { readData } from './data.ts'
import { metadataText } from './metadata.ts'

type Find = Read & { readonly op: 'find' }

/** Where a walk happens. */
interface Engine {
  readonly vault: OpenVaultStore
  readonly mount: string
  readonly signal: AbortSignal
}

// Bounds calls as much as memory: each secret is a read.
const FOUND_MAX = 5000
const LANES = 16

/**
 * Walks the engine from its mount, or from `path` below it. A key is the path of a secret below the mount (R143); an
 * empty engine is absent, no match in one that is not empty is an empty map (R31). Throws ProviderError.
 *
 * Upstream: ESO looks at tags only when no name is given; here both must match.
 */
export async function findSecrets(
  vault: OpenVaultStore,
  { path = '', nameRegexp, tags }: Find,
  signal: AbortSignal,
): Promise<Answer> {
  const { path: mount, version } = vault.settings
  if (mount === undefined) {
    throw new ProviderError('invalid', 'find needs the path of the store', 'set path of the store')
  }
  const isAll = nameRegexp === undefined && tags === undefined
  if (isAll && path === '') throw new ProviderError('invalid', 'unexpected find operator')
  if (tags !== undefined && version === 'v1') {
    const words = 'cannot perform find by tag operations with kv version v1'
    throw new ProviderError('unsupported', words)
  }
  const isMatch = nameRegexp === undefined ? () => true : await compileNamePattern(nameRegexp)
  const engine = { vault, mount, signal }
  const keys = await walk(engine, path.replace(/^\/+|\/+$/g, ''))
  if (keys === undefined) return { outcome: 'absent' }
  return readFound(engine, keys.filter(isMatch), tags)
}

/** Every secret below `start`, sorted, a level of folders at a time; undefined when nothing at all is there. */
async function walk(engine: Engine, start: string): Promise<readonly string[] | undefined> {
  const found: string[] = []
  let folders: readonly string[] = [start]
  let isEmpty = true
  while (folders.length > 0) {
    const level = (await inLanes(folders, LANES, (folder) => list(engine, folder))).flat()
    if (level.length > 0) isEmpty = false
    found.push(...level.filter((key) => !key.endsWith('/')))
    folders = level.filter((key) => key.endsWith('/')).map((key) => key.slice(0, -1))
    if (found.length + folders.length > FOUND_MAX) {
      throw new ProviderError('invalid', `find walks over more than ${FOUND_MAX} secrets`)
    }
  }
  return isEmpty ? undefined : found.sort()
}

/** Keys right below a folder, folders with a slash at their end. */
async function list({ vault, mount, signal }: Engine, folder: string): Promise<readonly string[]> {
  const root = vault.settings.version === 'v2' ? `${mount}/metadata` : mount
  const path = folder === '' ? root : `${root}/${folder}`
  const question = { method: 'list' as const, path, query: '', call: 'vault:list' }
  const answer = await ask(vault, question, signal)
  if (isAbsent(answer, path, vault)) return []
  const names = dig(answer.json, 'data', 'keys')
  if (isArray(names)) {
    return texts(names).map((name) => (folder === '' ? name : `${folder}/${name}`))
  }
  throw new ProviderError('malformed', `vault path ${path} has no list of keys`)
}

/** One that cannot be read fails all: a partial answer would look like a deletion. */
async function readFound(
  engine: Engine,
  keys: readonly string[],
  tags: ReadonlyMap<string, string> | undefined,
): Promise<Answer> {
  const { vault, mount, signal } = engine
  const folder = vault.settings.version === 'v2' ? `${mount}/data` : mount
  const answers = await inLanes(keys, LANES, async (key): Promise<Answer> => {
    if (tags !== undefined && !(await hasTags(engine, key, tags))) return { outcome: 'absent' }
    return readData(vault, { path: `${folder}/${key}`, version: undefined }, signal)
  })
  const payloads = new Map<string, Payload>()
  for (const [at, key] of keys.entries()) {
    const answer = answers[at]
    if (answer?.outcome === 'found') payloads.set(key, answer.payload)
  }
  return { outcome: 'found-many', payloads }
}

/** R143: tags are `custom_metadata`, every pair must match; KV v1 has none. */
async function hasTags(
  { vault, mount, signal }: Engine,
  key: string,
  tags: ReadonlyMap<string, string>,
): Promise<boolean> {
  const json = await metadataText(vault, `${mount}/metadata/${key}`, signal)
  // Valid: it is a piece of an answer that was parsed as a whole.
  const metadata = JSON.parse(json ?? '{}') as JsonValue
  const custom = dig(metadata, 'custom_metadata')
  return [...tags].every(([name, value]) => text(dig(custom, name)) === value)
}
