import { dig, isArray, isObject, type JsonValue, text } from '../../model/json.ts'
import { type KeyRef, ProviderError } from '../provider.ts'
import {
  type AccountRef,
  decodeAccountRef,
  decodeKeyRef,
  type Opening,
  texts,
} from '../references.ts'
import { decodeRetry, type RetrySettings } from '../retry.ts'

/** The first identity; roles may follow. */
export type AwsAuth =
  | { readonly source: 'service-account'; readonly account: AccountRef }
  | {
      readonly source: 'keys'
      readonly id: KeyRef
      readonly secret: KeyRef
      readonly session: KeyRef | undefined
    }
  | { readonly source: 'pod' }

/** Who asks, and where; references are not read yet. */
export interface AwsIdentity {
  readonly region: string
  readonly auth: AwsAuth
  /** Assumed one after another; only the last gets external id and tags, and only when `role` names it (R110). */
  readonly roles: readonly AssumedRole[]
  readonly retry: RetrySettings | undefined
  /** Where `auth` stands, for messages. */
  readonly field: string
}

/** `spec.provider.aws`, defaults applied. */
export interface AwsSettings extends AwsIdentity {
  readonly service: 'SecretsManager' | 'ParameterStore'
  /** Prepended to every key. */
  readonly prefix: string
}

/** One AssumeRole of the chain. */
export interface AssumedRole {
  readonly arn: string
  readonly externalId: string | undefined
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
}

/** `spec.provider.aws`. Throws ProviderError: `invalid` for what ESO refuses too, `unsupported` for CertificateManager. */
export function decodeAws(opening: Opening): AwsSettings {
  const { settings } = opening.store
  return {
    service: decodeService(text(settings.service) ?? ''),
    prefix: text(settings.prefix) ?? '',
    ...decodeIdentity(opening, 'spec.provider.aws'),
  }
}

function decodeService(service: string): AwsSettings['service'] {
  if (service === 'SecretsManager' || service === 'ParameterStore') return service
  throw new ProviderError(
    service === 'CertificateManager' ? 'unsupported' : 'invalid',
    `aws service "${service}" is not supported`,
    'supported are SecretsManager and ParameterStore',
  )
}

/** Region and identity, of a store or of a generator; `field` is where they stand. Throws ProviderError `invalid`. */
export function decodeIdentity(opening: Opening, field: string): AwsIdentity {
  const { settings } = opening.store
  const { env } = opening.context
  const region = text(settings.region) || env.AWS_REGION || env.AWS_DEFAULT_REGION || ''
  // Trust: the region becomes a part of a host name.
  if (!/^[a-z0-9-]{1,50}$/.test(region)) {
    throw new ProviderError(
      'invalid',
      region === '' ? `${field} names no aws region` : 'the aws region is no region name',
      `set ${field}.region, e.g. eu-central-1`,
    )
  }
  return {
    region,
    auth: decodeAuth(settings.auth, field),
    roles: decodeRoles(opening),
    retry: decodeRetry(opening.store),
    field: `${field}.auth`,
  }
}

const JWT_HINT = 'set serviceAccountRef.name'

/** R107: a ServiceAccount before keys before the identity of the pod. */
function decodeAuth(auth: JsonValue | undefined, field: string): AwsAuth {
  if (isObject(dig(auth, 'jwt'))) {
    const account = decodeAccountRef(dig(auth, 'jwt', 'serviceAccountRef'))
    if (account !== undefined) return { source: 'service-account', account }
    throw new ProviderError('invalid', `${field}.auth.jwt names no ServiceAccount`, JWT_HINT)
  }
  const keys = dig(auth, 'secretRef')
  // No auth at all is no mistake: then the pod itself is who asks.
  if (!isObject(keys)) return { source: 'pod' }
  const id = decodeKeyRef(dig(keys, 'accessKeyIDSecretRef'))
  const secret = decodeKeyRef(dig(keys, 'secretAccessKeySecretRef'))
  if (id === undefined || secret === undefined) {
    throw new ProviderError(
      'invalid',
      `${field}.auth.secretRef needs accessKeyIDSecretRef and secretAccessKeySecretRef`,
      'each with name and key',
    )
  }
  return { source: 'keys', id, secret, session: decodeKeyRef(dig(keys, 'sessionTokenSecretRef')) }
}

/** `additionalRoles` get neither external id nor tags: they are steps on the way to `role`. */
function decodeRoles(opening: Opening): readonly AssumedRole[] {
  const { settings } = opening.store
  const plain = texts(settings.additionalRoles).map((arn) => ({
    arn,
    externalId: undefined,
    tags: new Map(),
    transitiveTagKeys: [],
  }))
  const arn = text(settings.role) ?? ''
  if (arn === '') return plain
  const role = {
    arn,
    externalId: text(settings.externalID) || undefined,
    tags: sessionTags(opening),
    transitiveTagKeys: texts(settings.transitiveTagKeys),
  }
  return [...plain, role]
}

/** R111: `Simple` and `Custom` replace `sessionTags` entirely. */
function sessionTags({ store, context }: Opening): ReadonlyMap<string, string> {
  const { settings } = store
  const policy = text(settings.sessionTagsPolicy)
  if (policy !== 'Simple' && policy !== 'Custom') return listedTags(settings.sessionTags)
  const custom = policy === 'Custom' ? settings.customSessionTags : undefined
  // The last three say who asks: a store must not be able to say otherwise.
  return new Map([
    ...mappedTags(custom),
    ['esoNamespace', context.namespace],
    ['esoStoreName', store.name],
    ['esoStoreKind', store.kind],
  ])
}

/** `sessionTags`; of equal keys the last counts. */
function listedTags(tags: JsonValue | undefined): ReadonlyMap<string, string> {
  const listed = isArray(tags) ? tags : []
  return new Map(listed.map((tag) => [text(dig(tag, 'key')) ?? '', text(dig(tag, 'value')) ?? '']))
}

/** Values of other kinds cannot pass the schema; here they count as empty rather than as a crash. */
function mappedTags(tags: JsonValue | undefined): readonly (readonly [string, string])[] {
  if (!isObject(tags)) return []
  return Object.entries(tags).map(([key, value]) => [key, text(value) ?? ''])
}
