import { status } from './gcp-auth.ts'
import { json, type Reply } from './server.ts'

// Secrets and their versions, as Secret Manager keeps them.

export type SecretInput =
  | string
  | {
      readonly versions?: readonly (string | Uint8Array)[]
      readonly labels?: Readonly<Record<string, string>>
      readonly annotations?: Readonly<Record<string, string>>
      readonly aliases?: Readonly<Record<string, number>>
    }

export interface GcpVersion {
  readonly data: Buffer
  readonly createTime: string
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED'
  isDamaged: boolean
}

export interface GcpSecret {
  readonly versions: GcpVersion[]
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  /** Changes with labels and annotations. */
  revision: number
  /** As it was created. */
  readonly created: SentSecret
  readonly aliases: Readonly<Record<string, number>>
}

/** What a client sends about a secret, or for a new version. */
export interface SentSecret {
  readonly etag?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly replication?: object
  readonly topics?: readonly { readonly name: string }[]
  readonly customerManagedEncryption?: object
  readonly payload?: { readonly data?: string; readonly dataCrc32c?: string }
}

export interface GcpSecrets {
  readonly byKey: ReadonlyMap<string, GcpSecret>
  readonly add: (key: string, value: string) => void
  readonly get: (key: string) => Reply
  readonly access: (key: string, version: string) => Reply
  readonly list: (query: URLSearchParams) => Reply
  readonly listVersions: (key: string, query: URLSearchParams) => Reply
  readonly create: (key: string, sent: SentSecret, isRegional: boolean) => Reply
  readonly update: (key: string, sent: SentSecret, mask: string) => Reply
  readonly addVersion: (key: string, sent: SentSecret) => Reply
  readonly remove: (key: string, etag: string | null) => Reply
}

interface Place {
  /** `projects/number`, with the location if there is one. */
  readonly parent: string
  readonly now: () => number
  readonly pageSizeMax: number
}

export function secretOf({ byKey }: Pick<GcpSecrets, 'byKey'>, key: string): GcpSecret {
  const found = byKey.get(key)
  if (found === undefined) throw new Error(`no secret ${key}`)
  return found
}

export function readSecrets(
  input: Readonly<Record<string, SecretInput>>,
  place: Place,
): GcpSecrets {
  const byKey = new Map<string, GcpSecret>()
  let ticks = 0
  const addVersion = (secret: GcpSecret, data: string | Uint8Array): void => {
    // Versions of one millisecond keep their order, as those of Google do by nanoseconds.
    const createTime = new Date(place.now() + ticks++).toISOString()
    secret.versions.push({
      data: Buffer.from(data),
      createTime,
      state: 'ENABLED',
      isDamaged: false,
    })
  }
  for (const [key, value] of Object.entries(input)) {
    const given = typeof value === 'string' ? { versions: [value] } : value
    const secret: GcpSecret = {
      versions: [],
      labels: given.labels ?? {},
      annotations: given.annotations ?? {},
      aliases: given.aliases ?? {},
      revision: 1,
      created: {},
    }
    byKey.set(key, secret)
    for (const version of given.versions ?? []) addVersion(secret, version)
  }
  const nameOf = (key: string): string => `${place.parent}/secrets/${key}`
  const noSecret = (key: string): Reply =>
    status(404, 'NOT_FOUND', `Secret [${nameOf(key)}] not found or has no versions.`)
  const staleEtag = (key: string): Reply =>
    status(400, 'FAILED_PRECONDITION', `The etag of secret [${nameOf(key)}] does not match.`)
  return {
    byKey,
    add: (key, value) => {
      const secret = byKey.get(key) ?? newSecret({})
      byKey.set(key, secret)
      addVersion(secret, value)
    },
    create: (key, sent, isRegional) => {
      if (byKey.has(key)) {
        return status(409, 'ALREADY_EXISTS', `Secret [${nameOf(key)}] already exists.`)
      }
      if (isRegional === (sent.replication !== undefined)) {
        return status(
          400,
          'INVALID_ARGUMENT',
          'replication is for global secrets, and needed there',
        )
      }
      const secret = newSecret(sent)
      byKey.set(key, secret)
      return json(200, resource(nameOf(key), secret))
    },
    update: (key, sent, mask) => {
      const secret = byKey.get(key)
      if (secret === undefined) return noSecret(key)
      if (mask !== 'labels,annotations') return status(400, 'INVALID_ARGUMENT', 'update_mask')
      if (sent.etag !== undefined && sent.etag !== etagOf(secret.revision)) return staleEtag(key)
      const { labels = {}, annotations = {} } = sent
      Object.assign(secret, { labels, annotations, revision: secret.revision + 1 })
      return json(200, resource(nameOf(key), secret))
    },
    addVersion: (key, { payload = {} }) => {
      const secret = byKey.get(key)
      if (secret === undefined) return noSecret(key)
      const data = Buffer.from(payload.data ?? '', 'base64')
      if (data.length === 0 || payload.dataCrc32c !== String(castagnoli(data))) {
        return status(400, 'INVALID_ARGUMENT', 'The provided payload does not match its checksum.')
      }
      addVersion(secret, data)
      const name = `${nameOf(key)}/versions/${secret.versions.length}`
      return json(200, { name, createTime: secret.versions.at(-1)?.createTime, state: 'ENABLED' })
    },
    remove: (key, etag) => {
      const secret = byKey.get(key)
      if (secret === undefined) return noSecret(key)
      if (etag !== null && etag !== etagOf(secret.revision)) return staleEtag(key)
      byKey.delete(key)
      return json(200, {})
    },
    get: (key) => {
      const secret = byKey.get(key)
      return secret === undefined ? noSecret(key) : json(200, resource(nameOf(key), secret))
    },
    access: (key, version) => {
      const secret = byKey.get(key)
      if (secret === undefined || secret.versions.length === 0) return noSecret(key)
      return accessReply(secret, nameOf(key), version)
    },
    list: (query) => listReply(byKey, { place, query, nameOf }),
    listVersions: (key, query) => {
      const secret = byKey.get(key)
      if (secret === undefined) return noSecret(key)
      if (query.get('filter') !== 'state:ENABLED') return badFilter()
      const enabled = secret.versions
        .map(({ state, createTime }, at) => ({
          name: `${nameOf(key)}/versions/${at + 1}`,
          state,
          createTime,
        }))
        .filter(({ state }) => state === 'ENABLED')
        .reverse()
      return pageReply('versions', enabled, { place, query })
    },
  }
}

const etagOf = (revision: number): string => `"${revision}"`

function newSecret(created: SentSecret): GcpSecret {
  const { labels = {}, annotations = {} } = created
  return { versions: [], labels, annotations, aliases: {}, revision: 1, created }
}

/** Empty maps are left out, as JSON of protocol buffers has it. */
function resource(name: string, { labels, annotations, versions, revision }: GcpSecret) {
  const given = (map: Readonly<Record<string, string>>) =>
    Object.keys(map).length === 0 ? undefined : map
  return {
    name,
    replication: { automatic: {} },
    createTime: versions[0]?.createTime ?? '2024-01-01T00:00:00.000Z',
    labels: given(labels),
    annotations: given(annotations),
    etag: etagOf(revision),
  }
}

function accessReply(secret: GcpSecret, name: string, version: string): Reply {
  const number =
    version === 'latest' ? secret.versions.length : (secret.aliases[version] ?? Number(version))
  const found = secret.versions[number - 1]
  const full = `${name}/versions/${Number.isNaN(number) ? version : number}`
  if (found === undefined) return status(404, 'NOT_FOUND', `Secret Version [${full}] not found.`)
  if (found.state !== 'ENABLED') {
    return status(
      400,
      'FAILED_PRECONDITION',
      `Secret Version [${full}] is in ${found.state} state.`,
    )
  }
  const data = Buffer.from(found.data)
  const dataCrc32c = String(castagnoli(data))
  if (found.isDamaged) data[0] = (data[0] ?? 0) ^ 1
  return json(200, { name: full, payload: { data: data.toString('base64'), dataCrc32c } })
}

interface ListContext {
  readonly place: Place
  readonly query: URLSearchParams
}

const badFilter = (): Reply => status(400, 'INVALID_ARGUMENT', 'Invalid filter.')

function listReply(
  byKey: ReadonlyMap<string, GcpSecret>,
  { place, query, nameOf }: ListContext & { readonly nameOf: (key: string) => string },
): Reply {
  const tests = (query.get('filter') ?? '')
    .split(' ')
    .filter((term) => term !== '')
    .map(testOf)
  if (tests.some((isMatch) => isMatch === undefined)) return badFilter()
  const found = [...byKey]
    .filter(([key, secret]) => tests.every((isMatch) => isMatch?.(key, secret)))
    .map(([key, secret]) => resource(nameOf(key), secret))
  return pageReply('secrets', found, { place, query })
}

type Test = (key: string, secret: GcpSecret) => boolean

/** The two terms of Google's filter language that anybody needs here. */
function testOf(term: string): Test | undefined {
  const label = /^labels\.([a-z][a-z0-9_-]*)=([a-z0-9_-]+)$/.exec(term)
  if (label !== null) return (_, { labels }) => labels[label[1] ?? ''] === label[2]
  const name = /^name:([\w-]+)$/.exec(term)
  return name === null ? undefined : (key) => key.includes(name[1] ?? '')
}

/** At most as many as were asked for; the token says where to go on. */
function pageReply(member: string, items: readonly object[], { place, query }: ListContext): Reply {
  const size = Math.min(Number(query.get('pageSize') ?? place.pageSizeMax), place.pageSizeMax)
  const token = query.get('pageToken')
  const start = token === null ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1] ?? Number.NaN)
  if (Number.isNaN(start)) return status(400, 'INVALID_ARGUMENT', 'Invalid page token.')
  const page = items.slice(start, start + size)
  const end = start + size
  return json(200, {
    ...(page.length === 0 ? {} : { [member]: page }),
    ...(end < items.length ? { nextPageToken: `page-${end}` } : {}),
    ...(items.length === 0 ? {} : { totalSize: items.length }),
  })
}

/** CRC-32C a bit at a time: another way than the one under test. */
function castagnoli(bytes: Uint8Array): number {
  let crc = 0xffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x82f63b78n : 0n)
  }
  return Number(crc ^ 0xffffffffn)
}
